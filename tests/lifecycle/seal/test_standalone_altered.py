"""Every change of a package is found: by the manifest, or by the check if the manifest was made again."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from lifecycle.book.book import Book
from lifecycle.seal.prove import _list_files, export
from lifecycle.seal.seal import Seal
from lifecycle.seal.standalone import leaf_hash, leaf_of_refusal
from support import given as g
from support.books import record
from support.packages import check, check_here

pytestmark = [pytest.mark.case("T3"), pytest.mark.of_a_file("a package of either store is the same")]
Alter = Callable[[Path], object]


@pytest.fixture(scope="module")
def exported(unchanged_book: Book, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a whole package with a document."""
    book, package = unchanged_book, tmp_path_factory.mktemp("exported") / "package"
    digest = book.attach(b"terms of reference")
    record(book, [g.attach("06-01", sha256=digest)])
    Seal(book).seal()
    export(book, Seal(book), package, documents=True)
    return package


@pytest.fixture
def package(exported: Path, tmp_path: Path) -> Path:
    """Return a copy of the package."""
    return shutil.copytree(exported, tmp_path / "package")


@pytest.fixture
def key(unchanged_book: Book) -> str:
    """Return the key of the package."""
    return str(Seal(unchanged_book).keys()[0])


def _line(name: str, number: int, change: Callable[[str], str]) -> Alter:
    def alter(package: Path) -> None:
        lines = (package / name).read_text("utf-8").splitlines(keepends=True)
        lines[number] = change(lines[number])
        (package / name).write_text("".join(lines), "utf-8")

    return alter


def _row(name: str, number: int, **values: object) -> Alter:
    return _line(
        name, number, lambda line: json.dumps({**json.loads(line), **values}, ensure_ascii=False) + "\n"
    )


def _twice(name: str, key: str) -> Alter:
    """Repeat the key in the first line, with the true value last."""
    return _line(name, 0, lambda line: line.replace("{", f'{{"{key}": "false", ', 1))


def _refusals_left_out(package: Path) -> None:
    """Remove all refusals. Only the checkpoint's number of refusals shows it."""
    file = package / "refusals.jsonl"
    lines = file.read_text("utf-8").splitlines(keepends=True)
    assert lines
    file.write_text("", "utf-8")


def _refusals_reversed(package: Path) -> None:
    """Reverse the order of the refusals, and change nothing else."""
    file = package / "refusals.jsonl"
    lines = file.read_text("utf-8").splitlines(keepends=True)
    assert len(lines) > 1
    file.write_text("".join(reversed(lines)), "utf-8")


def _a_refusal_with_its_leaf(package: Path) -> None:
    """Change a refusal's officer, and its leaf hash with it."""
    rows, leaves = package / "refusals.jsonl", package / "refusals.leaves"
    lines, hashes = (file.read_text("utf-8").splitlines(keepends=True) for file in (rows, leaves))
    row = json.loads(lines[0]) | {"actor": "x"}
    lines[0] = json.dumps(row, ensure_ascii=False) + "\n"
    hashes[0] = leaf_hash(leaf_of_refusal(row)).hex() + "\n"
    rows.write_text("".join(lines), "utf-8")
    leaves.write_text("".join(hashes), "utf-8")


def _proofs(package: Path) -> list[Path]:
    return sorted((package / "proofs").iterdir())


def _relink(package: Path) -> None:
    (package / "keys").rename(package.parent / "keys")
    (package / "keys").symlink_to(package.parent / "keys")


def _pipe_in_place_of(name: str) -> Alter:
    """Replace the file by a pipe that nothing writes to."""

    def alter(package: Path) -> None:
        (package / name).unlink()
        os.mkfifo(package / name)

    return alter


def _add_a_listed_file(package: Path) -> None:
    """Add a file and list it in the manifest, without signing the manifest again."""
    (package / "notes.txt").write_text("read this instead", "utf-8")
    listed = f"{sha256(b'read this instead').hexdigest()}  notes.txt"
    manifest = (package / "manifest").read_text("utf-8")
    (package / "manifest").write_text(manifest.replace("\n\n", f"\n{listed}\n\n", 1), "utf-8")


FOUND_BY_THE_CHECK: dict[str, Alter] = {
    "a key of an entry twice": _twice("entries.jsonl", "stream"),
    "a key of a refusal twice": _twice("refusals.jsonl", "refusal"),
    "an unknown key of an entry": _row("entries.jsonl", 0, lawful=False),
    "an unknown key of a refusal": _row("refusals.jsonl", 0, lawful=False),
    "an index that is true": _row("entries.jsonl", 1, index=True),
    "an index that is a fraction": _row("entries.jsonl", 0, index=0.0),
    "an index that is text": _row("entries.jsonl", 0, index="0"),
    "an index of a refusal that is false": _row("refusals.jsonl", 0, index=False),
    "an index counted from the end": _row("entries.jsonl", -1, index=-1),
    "an index of a refusal counted from the end": _row("refusals.jsonl", -1, index=-1),
    "an index beyond the leaves": _row("entries.jsonl", -1, index=1_000_000),
    "a version that is true": _row("entries.jsonl", 0, version=True),
    "a stored that is an object": _row("entries.jsonl", 0, stored={}),
    "a stored beside its base64": _row("entries.jsonl", 0, stored_base64=""),
    "a refusal that is null": _row("refusals.jsonl", 0, refusal=None),
    **{
        f"another {name} of an entry": _row("entries.jsonl", 1, **{name: value})
        for name, value in {
            "stream": "grant:X",
            "version": 99,
            "topic": "X.v1",
            "recorded_at": "2026-01-31T12:00:00.000000Z",
            "recorder": "x",
            "actor": "x",
            "command_id": "x",
            "digest": "00" * 32,
            "rules": 1,
            "note": "x",
            "imported_from": "x",
            "signature": "00",
        }.items()
    },
    **{
        f"another {name} of a refusal": _row("refusals.jsonl", 0, **{name: value})
        for name, value in {
            "command_id": "x",
            "digest": "00" * 32,
            "command": "X",
            "stream": "grant:X",
            "on": "2017-01-02",
            "actor": "x",
            "recorder": "x",
            "recorded_at": 1,
            "rule": "x",
            "message": "x",
            "request": "{}",
            "position": 1,
        }.items()
    },
    "another stored": _row("entries.jsonl", 0, stored="{}"),
    "another refusal": _row("refusals.jsonl", 0, refusal="NotAnOfficer"),
    "a row that is a list": _line("entries.jsonl", 0, lambda _: "[]\n"),
    "a row that is no JSON": _line("entries.jsonl", 0, lambda line: line[:-3] + "\n"),
    "two rows on one line": _line("entries.jsonl", 0, lambda line: line.rstrip("\n")),
    "an empty line": _line("entries.jsonl", 0, lambda line: line + "\n"),
    "a number that is none": _line(
        "entries.jsonl", 0, lambda line: line.replace('"index": 0', '"index": NaN')
    ),
    "a row deeper than any": _line("entries.jsonl", 0, lambda _: "[" * 100_000 + "\n"),
    "a row left out": _line("entries.jsonl", 3, lambda _: ""),
    "a refusal left out": _line("refusals.jsonl", 1, lambda _: ""),
    "the refusals left out": _refusals_left_out,
    "the refusals reversed": _refusals_reversed,
    "a refusal altered, with its leaf": _a_refusal_with_its_leaf,
    "a leaf left out": _line("entries.leaves", 2, lambda _: ""),
    "a leaf in capitals": _line("entries.leaves", 2, str.upper),
    "a leaf with spaces": _line("entries.leaves", 2, lambda line: f" {line}"),
    "another leaf": _line("refusals.leaves", 1, lambda _: "0" * 64 + "\n"),
    "a proof deleted": lambda package: _proofs(package)[0].unlink(),
    "a proof renamed": lambda package: _proofs(package)[0].rename(package / "proofs" / "other.tlog-proof"),
    "a proof copied over another": lambda package: shutil.copyfile(*_proofs(package)[:2]),
    "a proof of another ending": lambda package: _proofs(package)[0].rename(
        _proofs(package)[0].with_suffix("")
    ),
    "a proof more": lambda package: shutil.copyfile(
        _proofs(package)[0], package / "proofs" / "fund@1.tlog-proof"
    ),
    "all proofs deleted": lambda package: shutil.rmtree(package / "proofs"),
    "a checkpoint deleted": lambda package: max((package / "checkpoints").iterdir()).unlink(),
    "all checkpoints deleted": lambda package: shutil.rmtree(package / "checkpoints"),
    "a document deleted": lambda package: next((package / "documents").iterdir()).unlink(),
    "another document": lambda package: next((package / "documents").iterdir()).write_bytes(b"other"),
}
FOUND_BY_THE_MANIFEST: dict[str, Alter] = {
    "an unlisted file": lambda package: (package / "notes.txt").write_text("read this instead"),
    "a file listed by hand": _add_a_listed_file,
    "an unlisted folder": lambda package: (package / "more").mkdir(),
    "a hidden file": lambda package: (package / "proofs" / ".hidden").write_text(""),
    "a link": _relink,
    "a pipe": _pipe_in_place_of("refusals.jsonl"),
    "a pipe for the manifest": _pipe_in_place_of("manifest"),
    "the manifest deleted": lambda package: (package / "manifest").unlink(),
    "the manifest without its signature": _line("manifest", -1, lambda _: ""),
    "another line in the manifest": _line("manifest", 1, lambda line: line.replace("grantbook", "Grantbook")),
    "a file written otherwise": _line("entries.jsonl", 0, lambda line: line.replace(": ", ":", 1)),
    "an older checkpoint deleted": lambda package: min((package / "checkpoints").iterdir()).unlink(),
    "another verify.py": lambda package: (package / "verify.py").open("a").write("\n"),
}


@pytest.mark.parametrize("change", [*FOUND_BY_THE_CHECK, *FOUND_BY_THE_MANIFEST])
def test_a_change_is_found(package: Path, key: str, change: str) -> None:
    (FOUND_BY_THE_CHECK | FOUND_BY_THE_MANIFEST)[change](package)
    for words in (("--key", key), ()):
        code, output = check_here(package, *words)
        assert code == 4, output
        assert output.startswith("does not hold: ")


@pytest.mark.parametrize("change", FOUND_BY_THE_CHECK)
def test_a_change_is_found_if_the_manifest_was_made_again(
    unchanged_book: Book, package: Path, key: str, change: str
) -> None:
    """The change was made by somebody who has the key."""
    FOUND_BY_THE_CHECK[change](package)
    manifest = (package / "manifest").read_text("utf-8").split("\n")
    (package / "manifest").unlink()
    assert _list_files(package, manifest[1 : manifest.index("files")], Seal(unchanged_book))
    code, output = check_here(package, "--key", key)
    assert code == 4, output
    assert "the signature" not in output


def test_a_whole_package_with_its_documents_holds(package: Path, key: str) -> None:
    code, output = check(package, "--key", key)
    assert (code, "1 documents hold" in output) == (0, True), output
    assert (next((package / "documents").iterdir())).read_bytes() == b"terms of reference"


def test_a_part_is_not_accepted_as_the_whole(book: Book, tmp_path: Path) -> None:
    export(book, Seal(book), tmp_path / "part", [f"grant:{g.G}"])
    assert "say --part" in check(tmp_path / "part")[1]
    assert check(tmp_path / "part", "--part")[0] == 0


def test_without_the_key_the_manifest_is_not_signed(book: Book, tmp_path: Path) -> None:
    (book.path / "seal.key").rename(tmp_path / "seal.key")
    assert not export(book, Seal(book), tmp_path / "package").signed
    code, output = check(tmp_path / "package")
    assert (code, "--unsigned" in output) == (4, True)
    assert check(tmp_path / "package", "--unsigned")[0] == 0
    (tmp_path / "package" / "more").write_text("")
    assert check(tmp_path / "package", "--unsigned")[0] == 4


def test_without_cryptography_the_check_says_what_to_install(package: Path) -> None:
    hide = "import sys, runpy; sys.modules['cryptography'] = None; sys.argv[0] = 'verify.py'"
    run = f"{hide}; runpy.run_path('verify.py', run_name='__main__')"
    result = subprocess.run(
        [sys.executable, "-I", "-c", run], capture_output=True, check=False, text=True, cwd=package
    )
    assert result.returncode == 2
    assert "pip install cryptography" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("changed", [False, True])
def test_a_closed_pipe_causes_no_traceback(package: Path, changed: bool) -> None:
    if changed:
        (package / "more").write_text("")
    reading_end, writing_end = os.pipe()
    os.close(reading_end)
    with os.fdopen(writing_end, "w") as closed:
        streams = {"stderr": closed, "stdout": subprocess.PIPE} if changed else {"stdout": closed}
        result = subprocess.run(
            [sys.executable, "-I", "verify.py"], check=False, cwd=package, text=True, **streams
        )
    assert result.returncode == (4 if changed else 0)


@pytest.mark.parametrize("changed", [False, True])
def test_a_full_disk_causes_no_traceback(package: Path, changed: bool) -> None:
    if changed:
        (package / "more").write_text("")
    with Path("/dev/full").open("w") as full:
        result = subprocess.run(
            [sys.executable, "-I", "verify.py"],
            check=False,
            cwd=package,
            text=True,
            stdout=subprocess.PIPE if changed else full,
            stderr=full if changed else subprocess.PIPE,
        )
    assert result.returncode == (4 if changed else 2)
    assert "Traceback" not in (result.stderr or "")
    assert changed or "could not be printed" in result.stderr
