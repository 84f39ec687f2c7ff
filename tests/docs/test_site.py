"""``make site`` writes a page for each Markdown page, and every link in it leads to a file and a heading."""

import subprocess
import sys
from pathlib import Path
from urllib.parse import urldefrag
from xml.etree.ElementTree import Element

import html5lib
import pytest

from support.shell_blocks import ROOT

HTML = "{http://www.w3.org/1999/xhtml}"
SCRIPT = ROOT / "docs" / "website.py"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, Element]:
    """The pages of the site, parsed, by their files."""
    folder = tmp_path_factory.mktemp("documentation") / "site"
    done = subprocess.run([sys.executable, SCRIPT, folder], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    parser = html5lib.HTMLParser(strict=True)
    return {page: parser.parse(page.read_text("utf-8")) for page in folder.rglob("*.html")}


def test_each_markdown_page_has_a_page(site: dict[Path, Element]) -> None:
    (root,) = [
        page.parent for page in site if page.name == "index.html" and (page.parent / "style.css").exists()
    ]
    names = {str(page.relative_to(root)) for page in site}
    for markdown in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")):
        name = str(markdown.relative_to(ROOT)).removesuffix(".md") + ".html"
        assert name.replace("README.html", "index.html") in names


def test_every_link_leads_to_a_file_and_its_heading(site: dict[Path, Element]) -> None:
    ids = {page: {element.get("id") for element in tree.iter()} for page, tree in site.items()}
    wrong = []
    for page, tree in site.items():
        for element in tree.iter():
            link = element.get("href") or element.get("src") or ""
            if not link or "://" in link or link == "#":
                continue
            address, anchor = urldefrag(link)
            target = (page.parent / address).resolve() if address else page
            if not target.is_file() or (anchor and anchor not in ids[target]):
                wrong.append(f"{page.name}: {link}")
    assert wrong == []


def test_a_folder_that_is_no_site_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("kept", "utf-8")
    done = subprocess.run([sys.executable, SCRIPT, tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "is not a site" in done.stderr
    assert (tmp_path / "mine.txt").exists()
