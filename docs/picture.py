"""Draw the pictures of the README and of the how-to on looking in a browser, from the demo.

python docs/picture.py    writes docs/pictures/*.png; needs Chromium
"""

import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

FOLDER = Path(__file__).resolve().parent / "pictures"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
PAGES = {
    "progress-report": (("report", "progress", "--year", "2011"), "1100,760"),
    "replay": (("audit", "replay", "SEETF-05-social-protection", "--on", "2009-07-31"), "1100,720"),
}
"""For each picture, the command that writes its page, and the width and height of the window."""


def draw(browser: str, folder: Path) -> None:
    """Make the demo in the folder, write each page, and draw its top."""
    grantbook = [sys.executable, "-m", "grantbook"]
    subprocess.run([*grantbook, "demo", str(folder / "book")], check=True, stdout=subprocess.DEVNULL)
    for name, (command, size) in PAGES.items():
        page, picture = folder / f"{name}.html", FOLDER / f"{name}.png"
        words = ["--book", str(folder / "book"), "--as", "admin", *command, "--output", str(page)]
        subprocess.run([*grantbook, *words], check=True)
        headless = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        shot = [f"--window-size={size}", f"--screenshot={picture}", page.as_uri()]
        subprocess.run([browser, *headless, *shot], check=True, stderr=subprocess.DEVNULL)
        print(f"wrote {picture}")


def main() -> int:
    """Draw the pictures. Returns 1 if there is no browser."""
    found = [path for name in BROWSERS if (path := shutil.which(name))]
    if not found:
        print(f"none of {', '.join(BROWSERS)} is installed", file=sys.stderr)
        return 1
    FOLDER.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder:
        draw(found[0], Path(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())
