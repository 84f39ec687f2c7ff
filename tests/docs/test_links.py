"""Links and file names in the documents lead to something that exists."""

import re
from pathlib import Path

import pytest

from support.shell_blocks import ROOT

PAGES = sorted({*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "src").rglob("*.md")})
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_PATH = re.compile(r"`((?:src|tests|docs|benchmarks|lifecycle|projections|cli)/[\w./-]*)`")


def anchors(page: Path) -> set[str]:
    """Return the anchors that renderers make of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_lead_to_existing_pages(page: Path) -> None:
    for link in _LINK.findall(page.read_text("utf-8")):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{page.name}: {link}"
        if anchor:
            assert anchor in anchors(target), f"{page.name}: {link}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_named_files_exist(page: Path) -> None:
    examples = {  # A reader of the how-to makes them.
        "tests/golden/grant/TeamLeaderChanged.v1.json",
        "tests/lifecycle/grant/test_agreement_leader.py",
        "src/projections/reports/portfolio/closings.py",
        "tests/projections/reports/test_closings.py",
    }
    for path in _PATH.findall(page.read_text("utf-8")):
        if path not in examples:
            assert (ROOT / path).exists() or (ROOT / "src" / path).exists(), f"{page.name}: {path}"


def test_every_decision_is_listed() -> None:
    listed = (ROOT / "docs/decisions/README.md").read_text("utf-8")
    for page in (ROOT / "docs/decisions").glob("0*.md"):
        title = page.read_text("utf-8").partition("\n")[0].removeprefix(f"# {page.name[:4]} ")
        assert f"({page.name}) | {title}" in listed
