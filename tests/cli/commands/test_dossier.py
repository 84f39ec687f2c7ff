"""A dossier is a folder of pages that lead to each other, with documents and the package that proves them."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from cli.commands.show.dossier import PAGES
from lifecycle.book.book import Book
from support import given as g
from support.browser import browser, path_of_browser
from support.cli_shell import Shell, make_lived, on_grant, with_corrections
from support.forging import forge_refusal
from support.pages import HTML, assert_accessible, elements, hostile_life, parsed
from support.replay_pages import text_of

STATEMENT = b"%PDF-1.4 a statement"


def with_document(lived: Shell, name: str = "Bank statement.pdf") -> Shell:
    """Attach a file, and let a payment be refused."""
    file = lived.folder / "statement"
    file.write_bytes(STATEMENT)
    words = ("document", "attach", "G-1", str(file), "--name", name, "--media-type", "application/pdf")
    attached = lived(*words, "--on", "2017-08-02", "--actor", "desk")
    assert attached.code == 0, attached.err
    asked = on_grant("RequestPayment", "2017-08-03", "leader", payment="P9", payee="Bank", category="travel")
    assert lived("record", lived.file([{**asked, "amount": "999999.00 USD"}])).code == 1
    return lived


def written(shell: Shell, output: str = "dossier") -> Path:
    if isinstance(shell.place, str):  # a book in a database is sealed when somebody asks for it
        assert shell("audit", "seal").code == 0
    result = shell("grant", "dossier", "G-1", output)
    assert result.code == 0, result.err
    assert "wrote dossier" in result.out
    return shell.folder / output


def pages_of(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text("utf-8") for path in folder.glob("*.html")}


def rows_of(text: str, number: int = 0) -> list[list[str]]:
    """Return the cells of a table's body."""
    table = list(elements(parsed(text), "table"))[number]
    body = next(table.iter(f"{HTML}tbody"))
    return [[text_of(cell) for cell in row] for row in body.iter(f"{HTML}tr")]


def test_the_pages_say_what_the_commands_say(lived: Shell) -> None:
    pages = pages_of(written(with_document(with_corrections(lived))))
    assert set(pages) == set(PAGES)
    state = dict(rows_of(pages["index.html"]))
    assert (state["stage"], state["undisbursed"]) == ("effective", "11,700.00 USD")
    payments = lived("report", "payments", "--grant", "G-1", "--json").rows
    shown = rows_of(pages["payments.html"])
    assert [row[1] for row in shown if row[0] != "total"] == [row["payment"] for row in payments]
    due = lived("report", "timeline", "--grant", "G-1", "--json").rows
    names = [row["obligation"].replace("_", " ") for row in due]
    assert [row[1] for row in rows_of(pages["obligations.html"])] == names
    ((_, command, actor, recorder, _, refusal, message),) = rows_of(pages["refusals.html"])
    assert (command, actor, recorder) == ("RequestPayment", "leader", "admin")
    assert refusal == "ExceedsUndisbursedBalance"
    assert "11,700.00" in message
    assert "struck" in pages["history.html"]


def test_each_link_leads_to_a_file_of_the_dossier(lived: Shell) -> None:
    folder = written(with_document(lived))
    for name, text in pages_of(folder).items():
        tree = parsed(text)
        paths = [str(link.get("href")) for link in elements(tree, "a")]
        assert all((folder / path).is_file() for path in paths if not path.startswith("#")), name
        assert [path for path in PAGES if path != name] == [path for path in paths if path in PAGES]
        assert "default-src &#39;none&#39;" in text
        for link in elements(tree, "a"):
            link.set("href", "#content")
        assert_accessible(tree)
    (document,) = (folder / "documents").iterdir()
    assert (document.name, document.read_bytes()) == ("1-Bank_statement.pdf", STATEMENT)


@pytest.mark.parametrize("documents", [0, 1])
def test_the_package_in_it_proves_the_grant(lived: Shell, documents: int) -> None:
    folder = written(with_document(lived) if documents else lived)
    key = (lived.seals / "checkpoints" / "keys").read_text("utf-8").splitlines()[-1]
    words = [sys.executable, "-I", "package/verify.py", "package", "--part", "--key", key]
    verified = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert f"{documents} documents hold" in verified.stdout
    assert f"python {' '.join(words[2:5])} --key" in pages_of(folder)["proofs.html"]
    entries = [json.loads(line) for line in (folder / "package" / "entries.jsonl").open(encoding="utf-8")]
    assert {entry["stream"] for entry in entries} == {"grant:G-1"}


def test_a_zip_file_holds_the_same_files(lived: Shell) -> None:
    folder = written(with_document(lived))
    archive = written(lived, "dossier.zip")
    with ZipFile(archive) as packed:
        files = {name.removeprefix("dossier/"): packed.read(name) for name in packed.namelist()}
    expected = {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }
    assert files == expected
    bytes_before = archive.read_bytes()
    archive.unlink()
    assert written(lived, "dossier.zip").read_bytes() == bytes_before


def test_what_is_there_is_not_replaced_and_an_unknown_grant_is_named(lived: Shell) -> None:
    folder = written(lived)
    replaced = lived("grant", "dossier", "G-1", "dossier", "--overwrite")
    assert replaced.code == 0, replaced.err
    (folder / "mine.txt").touch()
    again = lived("grant", "dossier", "G-1", "dossier")
    assert (again.code, "is there already" in again.err) == (2, True)
    again = lived("grant", "dossier", "G-1", "dossier", "--overwrite")
    assert (again.code, "holds mine.txt, which is not of such an export" in again.err) == (2, True)
    assert (folder / "mine.txt").exists()
    unknown = lived("grant", "dossier", "G-2", "other.zip")
    assert (unknown.code, "did you mean G-1" in unknown.err) == (2, True)
    assert not (lived.folder / "other.zip").exists()


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>.pdf", ".htaccess", "a" * 200 + ".pdf", "„Beleg“.pdf"]
)
def test_a_documents_name_is_text_on_the_page_and_harmless_on_disk(gb: Shell, name: str) -> None:
    assert gb("record", gb.file(hostile_life())).code == 0
    folder = written(with_document(gb, name))
    pages = pages_of(folder)
    assert sum(text.count("<script") for text in pages.values()) == 2
    (document,) = (folder / "documents").iterdir()
    assert re.fullmatch(r"1-[\w.-]{1,80}", document.name, re.ASCII)
    links = {text_of(link): link.get("href") for link in elements(parsed(pages["documents.html"]), "a")}
    assert links[name] == f"documents/{document.name}"


@pytest.mark.parametrize(
    ("name", "on_disk"),
    [
        ("report.HTML", "1-report.HTML.txt"),
        ("chart.svg", "1-chart.svg.txt"),
        ("notes.xml", "1-notes.xml.txt"),
        ("notes.txt", "1-notes.txt"),
        ("html.pdf", "1-html.pdf"),
    ],
)
def test_a_document_that_a_browser_would_run_is_opened_as_text(lived: Shell, name: str, on_disk: str) -> None:
    folder = written(with_document(lived, name))
    (document,) = (folder / "documents").iterdir()
    assert (document.name, document.read_bytes()) == (on_disk, STATEMENT)


def test_a_refusal_that_is_quarantined_says_so(lived: Shell) -> None:
    with Book.open(lived.place) as book:
        forge_refusal(book, g.cancel("01-12", actor="leader", grant="G-1", command_id="f 1"), "NotInStage")
    words = ("audit", "seal", "--quarantine-answer", "f 1", "--reason", "by SQL")
    assert lived(*words).code == 0
    (row,) = rows_of(pages_of(written(lived))["refusals.html"])
    assert "; not lawful: " in row[-1]


@pytest.mark.parametrize("output", ["dossier", "dossier.zip"])
def test_what_is_not_sealed_yet_is_on_the_pages_and_not_in_the_package(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, output: str
) -> None:
    """Given a checkpoint, and a document that was attached after it."""
    make_lived(shell.place, "--name", "A fund", "--no-seal")
    monkeypatch.setenv("GRANTBOOK_BOOK", shell.book)
    assert shell("audit", "seal").code == 0
    with_document(shell)
    result = shell("--json", "grant", "dossier", "G-1", output)
    assert result.code == 0, result.err
    assert result.row["documents"] == 1
    if output == "dossier":
        (document,) = (shell.folder / output / "documents").iterdir()
        assert document.read_bytes() == STATEMENT
        assert not list((shell.folder / output / "package").glob("documents/*"))


def test_all_pages_are_of_one_position(lived: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given that somebody records a cost while the dossier is written."""
    from lifecycle.seal import prove

    assert lived("audit", "seal").code == 0
    position = lived("--json", "audit", "history", "G-1").rows[-1]["position"]
    package = prove.export

    def export_after_a_cost(*words: Any, **options: Any) -> prove.Package:
        cost = on_grant("RecordCost", "2017-09-01", "leader", purpose="preparation", amount="77.00 USD")
        assert lived("record", lived.file([cost])).code == 0
        return package(*words, **options)

    monkeypatch.setattr(prove, "export", export_after_a_cost)
    result = lived("grant", "dossier", "G-1", "dossier")
    assert result.code == 0, result.err
    for name, text in pages_of(lived.folder / "dossier").items():
        assert f"up to journal position {position}." in text, name
        assert "77.00" not in text, name
        if name != "history.html":
            assert "as known now" not in text
            assert f"(position {position})" in text


@pytest.mark.skipif(path_of_browser() is None, reason="this machine has no Chromium")
def test_a_reader_clicks_through_all_pages(lived: Shell) -> None:
    folder = written(with_document(lived))
    with browser() as page:
        page.resize(375, 700, phone=True)
        page.open((folder / "index.html").as_uri())
        for path, name in list(PAGES.items())[1:]:
            page.run(f"document.querySelector('nav a[href=\"{path}\"]').click()")
            page.wait_for(f"document.querySelector('[aria-current]').textContent === '{name}'")
            assert page.run("document.documentElement.scrollWidth") == 375, path
        assert page.complaints == []
        assert all(request.startswith(folder.as_uri()) for request in page.requests)
