"""Draw the picture of the README from the demo: the first page of a progress report.

python docs/picture.py    writes docs/pictures/progress-report.png; needs Chromium
"""

import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

PICTURE = Path(__file__).parent / "pictures" / "progress-report.png"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
SIZE = "1100,760"


def draw(browser: str, folder: Path) -> None:
    """Make the demo in the folder, write the report of 2011, and draw the top of its page."""
    grantbook = [sys.executable, "-m", "grantbook"]
    page = folder / "progress.html"
    subprocess.run([*grantbook, "demo", str(folder / "book")], check=True, stdout=subprocess.DEVNULL)
    report = ["report", "progress", "--year", "2011", "--output", str(page)]
    subprocess.run([*grantbook, "--book", str(folder / "book"), "--as", "admin", *report], check=True)
    headless = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    shot = [f"--window-size={SIZE}", f"--screenshot={PICTURE.resolve()}", page.as_uri()]
    subprocess.run([browser, *headless, *shot], check=True, stderr=subprocess.DEVNULL)


def main() -> int:
    """Draw the picture. Returns 1 if there is no browser."""
    found = [path for name in BROWSERS if (path := shutil.which(name))]
    if not found:
        print(f"none of {', '.join(BROWSERS)} is installed", file=sys.stderr)
        return 1
    PICTURE.parent.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder:
        draw(found[0], Path(folder))
    print(f"wrote {PICTURE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
