"""``grantbook grant dossier``: all about a grant in a folder or a ZIP file, as pages for an auditor."""

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.output.terminal_text import counted, prose, safe, say, to_json
from cli.output.whole_folder import OVERWRITE, folder_for_writing, folder_to_pack, refuse_to_overwrite
from cli.shell.as_of_options import AsOf, entries_of, state_of
from cli.shell.settings import Command, settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cli.output.pages import GuardedPage, PageLink
    from lifecycle.book.book import Book
    from lifecycle.grant.state import Grant
    from lifecycle.seal.prove import Package

PAGES = {
    "index.html": "Summary",
    "history.html": "History",
    "payments.html": "Payments",
    "obligations.html": "Obligations",
    "documents.html": "Documents",
    "refusals.html": "Refusals",
    "proofs.html": "Proofs",
}
"""The pages of a dossier by file, in the order in which they are listed."""
REPORTS = {"payments.html": ("payments", "budget"), "obligations.html": ("timeline",)}
"""The reports on a page, each limited to the grant."""
_NAME_ON_DISK = re.compile(r"[^\w.-]+", re.ASCII)
_LONGEST_NAME = 80
"""The most characters of a document's name that are kept in its file's name."""
_ACTIVE = (".htm", ".html", ".js", ".mht", ".mhtml", ".shtml", ".svg", ".xht", ".xhtml", ".xml")
"""The endings of files that a browser opens with their scripts. Their copies end in ``.txt``."""


@click.command(
    "dossier",
    cls=Command,
    help="""Write all about a grant: pages, documents and proofs.

    A new folder, or one ZIP file if the name ends in .zip. Its index.html opens in any browser, without a
    network. The folder package in it is what audit export writes of the grant, with verify.py.""",
)
@click.argument("grant", metavar="GRANT")
@click.argument("output", metavar="DIR|FILE.zip", type=click.Path(path_type=Path))
@OVERWRITE
def dossier(grant: str, output: Path, overwrite: bool) -> int:
    """Write the dossier."""
    options, grant = settings(), grant.removeprefix("grant:")
    refuse_to_overwrite(output, overwrite=overwrite)
    with options.open_to_read() as book:
        stream, _ = entries_of(book, f"grant:{grant}")
        is_archive = output.suffix.lower() == ".zip"
        with folder_to_pack(output.stem) if is_archive else folder_for_writing(output) as folder:
            package, documents = _write(book, stream, folder)
            if is_archive:
                _archive(folder, output)
    if options.json:
        wrote = {"grant": grant, "output": str(output), "pages": list(PAGES), "documents": documents}
        say(to_json({**wrote, "sealed_entries": package.checkpoint.size, "signed": package.signed}))
        return 0
    contents = f"{len(PAGES)} pages, {counted(documents, 'document')}"
    say(f"wrote {safe(output)}: {contents}, and the package that proves what the entries say")
    say(f"open index.html in {safe(output)}{', when it is unpacked' if is_archive else ''}")
    return 0


def _archive(folder: Path, output: Path) -> None:
    """Pack the folder. Equal dossiers are equal files, so no file has a moment."""
    from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

    from cli.output.formats import opened_for_writing

    with opened_for_writing(str(output)) as file, ZipFile(file, "w", ZIP_DEFLATED) as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            info = ZipInfo(f"{folder.name}/{path.relative_to(folder).as_posix()}")
            info.compress_type, info.external_attr = ZIP_DEFLATED, 0o644 << 16
            info.file_size = path.stat().st_size
            with path.open("rb") as source, archive.open(info, "w") as target:
                shutil.copyfileobj(source, target)


def _write(book: "Book", stream: str, folder: Path) -> "tuple[Package, int]":
    """Write all files of the dossier, as known now. Return the package and the number of documents."""
    from lifecycle.seal.prove import export
    from lifecycle.seal.seal import seal_of

    grant = stream.removeprefix("grant:")
    as_of = AsOf.of(book, None, str(book.position()))
    state = state_of(stream, book.entries(stream, as_of.known), None)
    if state is None:
        raise click.UsageError(f"there is no grant {grant!r}: only rows that count in nothing bear its id")
    package = export(book, seal_of(book), folder / "package", [stream], documents=True)
    copies = _copy_documents(book, state, folder)
    sections = {
        "index.html": [_summary(state)],
        **{path: list(_reports(book, grant, names, as_of)) for path, names in REPORTS.items()},
        "documents.html": [_documents(state, copies)],
        "refusals.html": [_refusals(book, grant)],
        "proofs.html": [_proofs(package)],
    }
    from cli.commands.audit.replay_page import replay_page

    for path in PAGES:
        if path == "history.html":
            made = replay_page(book, grant, as_of, _links(path), newest=as_of.known)
        else:
            made = _page(book, state, path, sections[path], as_of)
        (folder / path).write_text(made.text, "utf-8")
    return package, len(copies)


def _links(current: str) -> "list[PageLink]":
    from cli.output.pages import PageLink

    return [PageLink(path, name, path == current) for path, name in PAGES.items()]


def _page(
    book: "Book", state: "Grant", path: str, sections: list[dict[str, Any]], as_of: AsOf
) -> "GuardedPage":
    from cli.output.pages import page_with_policy

    empty: dict[str, Any] = {"title": "", "texts": [], "commands": [], "links": [], "table": None}
    return page_with_policy(
        "dossier.html",
        "style.css",
        title=f"{state.id}: {state.title}" if path == "index.html" else f"{PAGES[path]} of {state.id}",
        fund=book.fund().name,
        lines=[as_of.words, *(f"Warning: {prose(stop)}" for stop in book.stops())],
        pages=_links(path),
        sections=[empty | section for section in sections],
        is_wide=path in REPORTS,
        position=as_of.known,
    )


# ── what is on the pages ─────────────────────────────────────────────────────────────────────


def _summary(state: "Grant") -> dict[str, Any]:
    from cli.narrative.state_fields import filled, grant_fields

    rows = filled(grant_fields(state), state.currency)
    return {
        "title": "State",
        "texts": ["As it stands after the newest entry. The history shows each day and time before."],
        "table": _table("State", [("field", False), ("value", False)], rows),
    }


def _reports(book: "Book", grant: str, names: tuple[str, ...], as_of: AsOf) -> "Iterator[dict[str, Any]]":
    from cli.commands.reports.report import ask, caption_of
    from cli.output.pages import heads
    from cli.output.table import body_of

    for name in names:
        report = ask(book, name, grant=grant, known=str(as_of.known))
        if report.rows or name == names[0]:
            title = name.capitalize()
            table = _table(title, heads(report), list(body_of(report)), caption_of(book, report).splitlines())
            yield {"title": title, "table": table}


def _documents(state: "Grant", copies: dict[str, str]) -> dict[str, Any]:
    texts = [
        "Each file is a copy of the one that was attached.",
        "Those that are sealed are in package/documents, too, under their SHA-256.",
    ]
    links = [
        {"path": copies[sha256], "name": name, "text": f"SHA-256 {sha256}"}
        for name, sha256 in state.documents
    ]
    return {"title": "Documents", "texts": texts if links else ["No file is attached."], "links": links}


def _copy_documents(book: "Book", state: "Grant", folder: Path) -> dict[str, str]:
    """Copy the attached documents under names that programs open. Return each path by SHA-256."""
    copies: dict[str, str] = {}
    (folder / "documents").mkdir()
    for number, (name, sha256) in enumerate(state.documents, 1):
        if sha256 not in copies:
            stem = _NAME_ON_DISK.sub("_", name)[-_LONGEST_NAME:].lstrip("._-")
            ending = ".txt" if stem.lower().endswith(_ACTIVE) else ""
            copies[sha256] = f"documents/{number}-{stem}{ending}"
            with book.document(sha256) as source, (folder / copies[sha256]).open("wb") as target:
                shutil.copyfileobj(source, target)
    return copies


def _refusals(book: "Book", grant: str) -> dict[str, Any]:
    from lifecycle.book.storage.officer_names import shown
    from lifecycle.journal.mapper import stamp
    from lifecycle.journal.stored_row import moment_of

    names, columns = book.names(), ("on", "command", "actor", "recorder", "recorded_at", "refusal", "message")
    not_lawful = {refusal.number: f"; not lawful: {refusal}" for refusal in book.quarantined_refusals()}
    rows = [
        [
            prose(refusal.on or ""),
            prose(refusal.command),
            prose(shown(refusal.actor, names)),
            prose(shown(refusal.recorder, names)),
            stamp(moment_of(refusal.recorded_at)),
            prose(refusal.refusal or ""),
            prose(f"{refusal.message or ''}{not_lawful.get(refusal.number, '')}"),
        ]
        for refusal in book.refusals(grant)
    ]
    return {
        "title": "Refusals",
        "table": _table("What was refused", [(name, False) for name in columns], rows),
    }


def _proofs(package: "Package") -> dict[str, Any]:
    size, origin = package.checkpoint.size, package.checkpoint.origin
    entries = counted(package.entries, "sealed entry", "sealed entries")
    files = {
        "package/entries.jsonl": f"the {entries} of the grant",
        "package/refusals.jsonl": f"the {counted(package.refusals, 'sealed refusal')}",
        "package/manifest": "every file of the package with its SHA-256",
        "package/keys": "the public keys of the book",
        "package/verify.py": "the program that checks the package",
    }
    signed = "" if package.signed else " --unsigned"
    return {
        "title": "Proofs",
        "texts": [
            "The book is sealed: each entry is a leaf of a tree of hashes, whose root is signed.",
            f"The package shows that the grant's entries are among the {size:,} that {origin} sealed.",
            "To check it, take the key as the fund gave it to you, in another way than this dossier.",
            "You need Python 3.11 or newer and its package cryptography, and no grantbook.",
        ],
        "commands": [f"python package/verify.py package --part{signed} --key YOUR-KEY"],
        "links": [{"path": path, "name": path, "text": text} for path, text in files.items()],
    }


def _table(
    title: str,
    columns: list[tuple[str, bool]],
    rows: "Sequence[Sequence[str]]",
    caption: "list[str] | None" = None,
) -> dict[str, Any]:
    return {"title": title, "columns": columns, "rows": rows, "caption": caption or []}
