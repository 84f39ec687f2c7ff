"""An auditor's package, checked on a machine without grantbook."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from lifecycle.book.book import Book
from lifecycle.kernel.errors import Altered, Unreachable
from lifecycle.seal.hash_store import FOLDER, StoredTree
from lifecycle.seal.leaves import entry_data, refusal_data
from lifecycle.seal.prove import (
    Unsealed,
    _Export,
    export,
    prover,
)
from lifecycle.seal.seal import Seal
from lifecycle.seal.standalone import leaf_hash, leaf_of_entry, leaf_of_refusal
from lifecycle.seal.verify import verify
from support import given as g
from support.books import record
from support.packages import check
from support.tampering import fit, sealed_by_a_forger, without_triggers


@pytest.fixture
def package(book: Book, tmp_path: Path) -> Path:
    export(book, Seal(book), tmp_path / "package")
    return tmp_path / "package"


def test_a_package_holds(book: Book, package: Path) -> None:
    code, output = check(package, "--key", str(Seal(book).keys()[0]))
    entries, refusals = book.journal.counts()
    assert code == 0, output
    assert f"{entries} of {entries} entries and {refusals} of {refusals} refusals" in output
    assert "3 checkpoints, 2 proofs and 0 documents hold" in output
    assert "taken from the package" not in output
    assert "taken from the package" in check(package)[1]


@pytest.mark.parametrize("command_id", ['from "ERP" 7', "C:\\new\\", '\\"', "Überweisung 7", "end\\"])
def test_command_ids_with_escaped_characters_are_read(book: Book, tmp_path: Path, command_id: str) -> None:
    record(book, [g.charge_fee("05-02", command_id=command_id)])
    record(book, [g.credit_income("05-03", command_id=f"{command_id}2")])
    seal = Seal(book)
    seal.seal()
    assert verify(book, seal).problems == []
    export(book, seal, tmp_path / "package")
    code, output = check(tmp_path / "package", "--key", str(seal.keys()[0]))
    assert code == 0, output


def test_the_package_holds_the_journals_rows(book: Book, package: Path) -> None:
    lines = [json.loads(line) for line in (package / "entries.jsonl").read_text("utf-8").splitlines()]
    rows = [row for page in book.journal.entry_rows(0, 100) for row in page]
    assert [(line["stream"], line["version"], line["topic"], line["stored"].encode()) for line in lines] == [
        (row.stream, row.version, row.topic, row.state) for row in rows
    ]
    assert [leaf_of_entry(line) for line in lines] == list(map(entry_data, rows))
    lines = [json.loads(line) for line in (package / "refusals.jsonl").read_text("utf-8").splitlines()]
    refusals = [row for page in book.journal.refusal_rows(0, 100) for row in page]
    assert [leaf_of_refusal(line) for line in lines] == list(map(refusal_data, refusals))


def test_a_part_holds_some_streams_and_the_hashes_of_all(book: Book, tmp_path: Path) -> None:
    exported = export(book, Seal(book), tmp_path / "part", [f"grant:{g.G}"])
    text = (tmp_path / "part" / "entries.jsonl").read_text("utf-8")
    assert {json.loads(line)["stream"] for line in text.splitlines()} == {f"grant:{g.G}"}
    assert exported.entries == len(book.entries(f"grant:{g.G}"))
    assert "say --part" in check(tmp_path / "part")[1]
    code, output = check(tmp_path / "part", "--part")
    assert code == 0, output
    assert f"{exported.entries} of {book.position()} entries" in output


def _lines(name: str, change: Callable[[list[str]], object]) -> Callable[[Path], None]:
    def alter(package: Path) -> None:
        file = package / name
        lines = file.read_text("utf-8").splitlines(keepends=True)
        change(lines)
        file.write_text("".join(lines), "utf-8")

    return alter


def _field(name: str, number: int, **fields: object) -> Callable[[Path], None]:
    def change(lines: list[str]) -> None:
        lines[number] = json.dumps({**json.loads(lines[number]), **fields}) + "\n"

    return _lines(name, change)


def _swap(lines: list[str]) -> None:
    lines[1], lines[2] = lines[2], lines[1]


def _proof(package: Path) -> None:
    proof, _ = sorted((package / "proofs").iterdir())
    text = proof.read_text("utf-8")
    proof.write_text(text.replace("index ", "index 1", 1), "utf-8")


def _signature(package: Path) -> None:
    """Put the first checkpoint's signature under the last checkpoint."""
    first, *_, last = sorted((package / "checkpoints").iterdir())
    signature = first.read_text("utf-8").partition("\n\n")[2]
    last.write_text(last.read_text("utf-8").partition("\n\n")[0] + "\n\n" + signature, "utf-8")


def _with_its_leaf(package: Path) -> None:
    """Change an entry's day, and its leaf hash with it."""
    rows, leaves = package / "entries.jsonl", package / "entries.leaves"
    lines, hashes = (file.read_text("utf-8").splitlines(keepends=True) for file in (rows, leaves))
    entry = json.loads(lines[2])
    entry["stored"] = entry["stored"].replace('"on":"2', '"on":"1')
    lines[2] = json.dumps(entry) + "\n"
    hashes[2] = leaf_hash(leaf_of_entry(entry)).hex() + "\n"
    rows.write_text("".join(lines), "utf-8")
    leaves.write_text("".join(hashes), "utf-8")


ALTERATIONS: dict[str, Callable[[Path], object]] = {
    "an entry altered": _field("entries.jsonl", 2, stored='{"recorded_at":"2026"}'),
    "an entry's stream": _field("entries.jsonl", 2, stream="grant:X"),
    "an entry's version": _field("entries.jsonl", 2, version=9),
    "an entry's topic": _field("entries.jsonl", 2, topic="X.v1"),
    "an entry's place": _field("entries.jsonl", 2, index=1),
    "an entry gone": _lines("entries.jsonl", lambda lines: lines.pop(2)),
    "the last entry gone": _lines("entries.jsonl", lambda lines: lines.pop()),
    "entries swapped": _lines("entries.jsonl", _swap),
    "an entry that is no JSON": _lines("entries.jsonl", lambda lines: lines.insert(1, "{\n")),
    "a refusal altered": _field("refusals.jsonl", 1, actor="x"),
    "a refusal gone": _lines("refusals.jsonl", lambda lines: lines.pop(1)),
    "a leaf altered": _lines("entries.leaves", lambda lines: lines.__setitem__(1, lines[2])),
    "a leaf gone": _lines("entries.leaves", lambda lines: lines.pop()),
    "a leaf put in": _lines("entries.leaves", lambda lines: lines.append(lines[0])),
    "a refusal's leaf gone": _lines("refusals.leaves", lambda lines: lines.pop()),
    "a proof of another place": _proof,
    "a signature of something else": _signature,
    "an entry altered, with its leaf": _with_its_leaf,
    "a place counted from the end": _field("entries.jsonl", -1, index=-1),
    "no checkpoints": lambda package: shutil.rmtree(package / "checkpoints"),
    "another key": lambda package: (package / "keys").write_text(
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    ),
}


@pytest.mark.parametrize("alteration", ALTERATIONS)
def test_an_altered_package_does_not_hold(package: Path, alteration: str) -> None:
    ALTERATIONS[alteration](package)
    code, output = check(package)
    assert code == 4, output
    assert "does not hold: " in output
    assert "Traceback" not in output


@pytest.mark.of_a_file("its bytes, altered")
def test_a_kept_checkpoint_shows_that_a_book_was_rewritten(book: Book, tmp_path: Path) -> None:
    kept = tmp_path / "kept.note"
    shutil.copyfile(Seal(book).files()[-1], kept)
    with without_triggers(book.path) as raw:
        raw.execute("UPDATE stored_events SET state = CAST(replace(state, '50000.00', '60000.00') AS BLOB)")
        fit(raw)
    for checkpoint in Seal(book).files():
        checkpoint.unlink()
    shutil.rmtree(book.path / "tree")
    with Book.open(book.place) as rewritten:
        sealed_by_a_forger(rewritten)
        export(rewritten, Seal(rewritten), tmp_path / "package")
    assert check(tmp_path / "package")[0] == 0
    code, output = check(tmp_path / "package", "--checkpoint", str(kept))
    assert code == 4
    assert "kept.note" in output


# ── proofs ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kept_hashes", [True, False])
def test_every_sealed_entry_can_be_proved(
    book: Book, package: Path, tmp_path: Path, kept_hashes: bool
) -> None:
    if not kept_hashes:
        shutil.rmtree(book.path / "tree")
    seal = Seal(book)
    with prover(book, seal) as maker:
        for index in range(book.position()):
            stream, version, _ = book.journal.nth(index)
            proof = maker.prove(stream, version)
            assert proof.leaf_index == index
            proof_file = tmp_path / "one.tlog-proof"
            proof_file.write_text(proof.text, "utf-8")
    code, output = check(package, "--proof", str(proof_file), "--key", str(seal.keys()[0]))
    assert code == 0
    assert output.startswith(f"{proof.name} CostRecorded.v2 recorded 2026-01-31T12:00:")
    assert 'by t.leader, act of t.leader: {"on":"2017-01-12"' in output

    proof_file.write_text(proof.text.replace("extra Z", "extra Y"), "utf-8")
    assert check(package, "--proof", str(proof_file))[0] == 4


def test_an_unsealed_entry_is_not_proved(book: Book, tmp_path: Path) -> None:
    book.record(g.cost("01-13"), "t.leader")
    version = len(book.entries(f"grant:{g.G}"))
    with prover(book, Seal(book)) as maker:
        with pytest.raises(Unsealed, match="audit seal"):
            maker.prove(f"grant:{g.G}", version)
        with pytest.raises(Unreachable, match="no entry"):
            maker.prove("grant:X", 1)
    for checkpoint in Seal(book).files():
        checkpoint.unlink()
    with pytest.raises(Unsealed):
        export(book, Seal(book), tmp_path / "package")
    assert not (tmp_path / "package").exists()


@pytest.mark.of_a_file("its bytes, altered")
def test_an_altered_entry_is_not_proved(book: Book, tmp_path: Path) -> None:
    with without_triggers(book.path) as raw:
        raw.execute(
            "UPDATE stored_events SET topic = 'X.v1' WHERE originator_id = 'fund' AND originator_version = 3"
        )
    with prover(book, Seal(book)) as maker, pytest.raises(Altered, match="audit verify"):
        maker.prove("fund", 3)
    shutil.rmtree(book.path / "tree")
    with pytest.raises(Altered, match="audit verify"):
        export(book, Seal(book), tmp_path / "package")


def test_a_seal_at_the_same_time_disturbs_no_proof_or_export(
    book: Book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A seal that hashes all rows again first cuts the kept hashes, while others may be reading them."""
    name = f"grant:{g.G}"
    with prover(book, Seal(book)) as maker:
        proof = maker.prove(name, 1)
    for width in range(3):  # the number of leaves that are hashed again
        with prover(book, Seal(book)) as maker, StoredTree(book.path / FOLDER, "entries") as sealers:
            sealers.cut(width)
            assert maker.prove(name, 1) == proof
        Seal(book).seal(rehash=True)
        write = _Export.write

        def cut_and_write(self: _Export, width: int = width, **options: bool) -> tuple[int, int, int, int]:
            with StoredTree(book.path / FOLDER, "entries") as sealers:
                sealers.cut(width)
            return write(self, **options)  # noqa: B023 called before the loop goes on

        with monkeypatch.context() as meanwhile:
            meanwhile.setattr(_Export, "write", cut_and_write)
            export(book, Seal(book), tmp_path / f"package-{width}")
        assert check(tmp_path / f"package-{width}")[0] == 0
        Seal(book).seal(rehash=True)


def test_damaged_hashes_are_not_exported(book: Book, tmp_path: Path) -> None:
    """The roots above the damaged hash may be undamaged."""
    last = Seal(book).last()
    assert last is not None
    file = book.path / FOLDER / "entries.0"
    data = bytearray(file.read_bytes())
    data[1] ^= 1
    file.write_bytes(data)
    export(book, Seal(book), tmp_path / "package")
    code, output = check(tmp_path / "package")
    assert code == 0, output


def test_an_existing_folder_is_not_overwritten(book: Book, package: Path) -> None:
    before = sorted(file.name for file in package.iterdir())
    with pytest.raises(Unreachable, match="there already"):
        export(book, Seal(book), package)
    assert sorted(file.name for file in package.iterdir()) == before
