"""Write the site of the documentation: one page of HTML for each Markdown page of the project.

python docs/website.py [FOLDER]    writes ``site/``, and exits with 1 if a link leads nowhere

Files that pages link to, such as schemas and sources, are copied. The pages run no script.
"""

import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from os.path import relpath
from pathlib import Path, PurePosixPath
from urllib.parse import urldefrag

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parent.parent
STYLE = ROOT / "src" / "cli" / "output" / "pages" / "style.css"
LEFT_OUT = {".venv", ".venv-lowest", "build", "dist", "site", "demo-book"}
MENU = {
    "README.md": "grantbook",
    "docs/README.md": "Documentation",
    "docs/tutorial.md": "Tutorial",
    "docs/glossary.md": "Glossary",
    "docs/reference/command-line.md": "Commands",
    "docs/reference/reports.md": "Reports",
    "docs/architecture.md": "Architecture",
    "docs/decisions/README.md": "Decisions",
    "CHANGELOG.md": "Changes",
}
"""The pages in the menu of each page."""
_PARSER = MarkdownIt("commonmark", {"html": False}).enable("table")
_MORE_STYLE = """
.page { max-width: 66rem; }
p, li { max-width: 46rem; }
pre { background: var(--band); padding: .75rem 1rem; overflow-x: auto; font-size: .85rem; line-height: 1.45; }
code { font-size: .9em; }
td code { overflow-wrap: anywhere; }
img { max-width: 100%; height: auto; border: 1px solid var(--line); }
nav.menu { display: flex; flex-wrap: wrap; gap: .3rem 1.1rem; padding-bottom: .75rem; }
table { display: block; overflow-x: auto; }
"""


@dataclass
class Page:
    """One page: its Markdown file, its tokens, and the anchors of its headings."""

    source: PurePosixPath
    tokens: list[Token]
    title: str = ""
    anchors: set[str] = field(default_factory=set)


def target_of(path: PurePosixPath) -> PurePosixPath:
    """Return where a file of the project is in the site. Sources get an ending that browsers show."""
    if path.suffix == ".md":
        return path.with_name("index.html" if path.name == "README.md" else f"{path.stem}.html")
    return path if path.suffix in {".json", ".png", ".svg"} else path.with_name(f"{path.name}.txt")


def slug(heading: str) -> str:
    """Return the anchor of a heading, as the hosts of repositories make it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def read(source: Path) -> Page:
    """Parse a page, and give its headings their anchors."""
    page = Page(PurePosixPath(source.relative_to(ROOT)), _PARSER.parse(source.read_text("utf-8")))
    for opening, inline in zip(page.tokens, page.tokens[1:], strict=False):
        if opening.type == "heading_open":
            anchor = slug(inline.content)
            if anchor not in page.anchors:
                opening.attrSet("id", anchor)
            page.anchors.add(anchor)
            page.title = page.title or re.sub(r"[`*]", "", inline.content)
    return page


def links(page: Page) -> Iterator[tuple[Token, str]]:
    """Yield each token that links to something, with its attribute."""
    for token in page.tokens:
        for child in token.children or ():
            if child.type == "link_open":
                yield child, "href"
            elif child.type == "image":
                yield child, "src"


def resolve(page: Page, pages: dict[PurePosixPath, Page], copied: set[PurePosixPath]) -> Iterator[str]:
    """Point each link at the site's files. Yields a sentence for each link that leads nowhere."""
    here = target_of(page.source).parent
    for token, attribute in links(page):
        link = str(token.attrGet(attribute))
        address, anchor = urldefrag(link)
        if "://" in link or link.startswith("mailto:"):
            continue
        linked = (
            PurePosixPath(relpath((ROOT / page.source.parent / address).resolve(), ROOT))
            if address
            else page.source
        )
        if anchor and (linked not in pages or anchor not in pages[linked].anchors):
            yield f"{page.source}: no heading {link}"
        if (ROOT / linked).is_dir():
            token.attrSet(attribute, "#")  # a folder of the sources: nothing to show
        elif (ROOT / linked).is_file() and not str(linked).startswith(".."):
            copied.add(linked)
            token.attrSet(attribute, relpath(target_of(linked), here) + (f"#{anchor}" if anchor else ""))
        else:
            yield f"{page.source}: no file {link}"


def html_of(page: Page) -> str:
    """Return the page as HTML."""
    here = target_of(page.source).parent
    menu = "\n".join(
        f'<a href="{escape(relpath(target_of(PurePosixPath(path)), here))}">{escape(name)}</a>'
        for path, name in MENU.items()
    )
    body = _PARSER.renderer.render(page.tokens, _PARSER.options, {})
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(page.title)}</title>
<link rel="stylesheet" href="{escape(relpath("style.css", here))}">
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<div class="page">
<nav class="menu" aria-label="Site">
{menu}
</nav>
<main id="content">
{body}</main>
</div>
</body>
</html>
"""


def write(folder: Path) -> list[str]:
    """Write the site into the folder, in the place of an older one. Returns what is wrong with its links."""
    sources = [path for path in sorted(ROOT.rglob("*.md")) if not LEFT_OUT & {*path.relative_to(ROOT).parts}]
    pages = {page.source: page for page in map(read, sources)}
    copied: set[PurePosixPath] = set()
    problems = [problem for page in pages.values() for problem in resolve(page, pages, copied)]
    if folder.exists():
        shutil.rmtree(folder)
    for page in pages.values():
        target = folder / target_of(page.source)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(html_of(page), "utf-8")
    for path in copied - pages.keys():
        target = folder / target_of(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, target)
    (folder / "style.css").write_text(STYLE.read_text("utf-8") + _MORE_STYLE, "utf-8")
    return problems


def main(folder: Path) -> int:
    """Write the site. Returns 1 if a link leads nowhere."""
    if folder.exists() and not (folder / "style.css").exists():
        print(f"{folder} is not a site that this script has written", file=sys.stderr)
        return 1
    problems = write(folder)
    print(*problems, f"wrote {folder}/index.html", sep="\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "site"))
