"""An auditor's package, checked on a machine that has never heard of the program."""

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
    code, told = check(package, "--key", str(Seal(book).keys()[0]))
    entries, refusals = book.journal.counts()
    assert code == 0, told
    assert f"{entries} of {entries} entries and {refusals} of {refusals} refusals" in told
    assert "3 checkpoints, 2 proofs and 0 documents hold" in told
    assert "taken from the package" not in told
    assert "taken from the package" in check(package)[1]


@pytest.mark.parametrize("name", ['from "ERP" 7', "C:\\new\\", '\\"', "Überweisung 7", "end\\"])
def test_ids_that_are_written_with_escapes_are_read(book: Book, tmp_path: Path, name: str) -> None:
    record(book, [g.charge_fee("05-02", command_id=name), g.credit_income("05-03", command_id=f"{name}2")])
    seal = Seal(book)
    seal.seal()
    assert verify(book, seal).problems == []
    export(book, seal, tmp_path / "package")
    code, told = check(tmp_path / "package", "--key", str(seal.keys()[0]))
    assert code == 0, told


def test_the_package_says_what_the_journal_holds(book: Book, package: Path) -> None:
    lines = [json.loads(line) for line in (package / "entries.jsonl").read_text("utf-8").splitlines()]
    rows = [row for page in book.journal.entry_rows(0, 100) for row in page]
    assert [(line["stream"], line["version"], line["topic"], line["stored"].encode()) for line in lines] == [
        (row.stream, row.version, row.topic, row.state) for row in rows
    ]
    assert [leaf_of_entry(line) for line in lines] == list(map(entry_data, rows))
    lines = [json.loads(line) for line in (package / "refusals.jsonl").read_text("utf-8").splitlines()]
    refusals = [row for page in book.journal.refusal_rows(0, 100) for row in page]
    assert [leaf_of_refusal(line) for line in lines] == list(map(refusal_data, refusals))


def test_only_some_streams_and_of_the_rest_the_hashes(book: Book, tmp_path: Path) -> None:
    made = export(book, Seal(book), tmp_path / "part", [f"grant:{g.G}"])
    text = (tmp_path / "part" / "entries.jsonl").read_text("utf-8")
    assert {json.loads(line)["stream"] for line in text.splitlines()} == {f"grant:{g.G}"}
    assert made.entries == len(book.entries(f"grant:{g.G}"))
    assert "say --part" in check(tmp_path / "part")[1]
    code, told = check(tmp_path / "part", "--part")
    assert code == 0, told
    assert f"{made.entries} of {book.position()} entries" in told


def _lines(name: str, change: Callable[[list[str]], object]) -> Callable[[Path], None]:
    def alter(package: Path) -> None:
        place = package / name
        lines = place.read_text("utf-8").splitlines(keepends=True)
        change(lines)
        place.write_text("".join(lines), "utf-8")

    return alter


def _field(name: str, number: int, **fields: object) -> Callable[[Path], None]:
    def change(lines: list[str]) -> None:
        lines[number] = json.dumps({**json.loads(lines[number]), **fields}) + "\n"

    return _lines(name, change)


def _swap(lines: list[str]) -> None:
    lines[1], lines[2] = lines[2], lines[1]


def _proof(package: Path) -> None:
    one, _ = sorted((package / "proofs").iterdir())
    text = one.read_text("utf-8")
    one.write_text(text.replace("index ", "index 1", 1), "utf-8")


def _signature(package: Path) -> None:
    """That of the first checkpoint, under the last."""
    first, *_, last = sorted((package / "checkpoints").iterdir())
    signature = first.read_text("utf-8").partition("\n\n")[2]
    last.write_text(last.read_text("utf-8").partition("\n\n")[0] + "\n\n" + signature, "utf-8")


def _with_its_leaf(package: Path) -> None:
    """An entry of another day, and the hash that it would have."""
    rows, leaves = package / "entries.jsonl", package / "entries.leaves"
    lines, hashes = (place.read_text("utf-8").splitlines(keepends=True) for place in (rows, leaves))
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
    "an answer altered": _field("refusals.jsonl", 1, actor="x"),
    "an answer gone": _lines("refusals.jsonl", lambda lines: lines.pop(1)),
    "a leaf altered": _lines("entries.leaves", lambda lines: lines.__setitem__(1, lines[2])),
    "a leaf gone": _lines("entries.leaves", lambda lines: lines.pop()),
    "a leaf put in": _lines("entries.leaves", lambda lines: lines.append(lines[0])),
    "an answer's leaf gone": _lines("refusals.leaves", lambda lines: lines.pop()),
    "a proof of another place": _proof,
    "a signature of something else": _signature,
    "an entry altered, with its leaf": _with_its_leaf,
    "a place counted from the end": _field("entries.jsonl", -1, index=-1),
    "no checkpoints": lambda package: shutil.rmtree(package / "checkpoints"),
    "another key": lambda package: (package / "keys").write_text(
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    ),
}


@pytest.mark.parametrize("what", ALTERATIONS)
def test_an_altered_package_does_not_hold(package: Path, what: str) -> None:
    ALTERATIONS[what](package)
    code, told = check(package)
    assert code == 4, told
    assert "does not hold: " in told
    assert "Traceback" not in told


@pytest.mark.of_a_file("its bytes, altered")
def test_a_kept_checkpoint_tells_of_a_rewritten_book(book: Book, tmp_path: Path) -> None:
    kept = tmp_path / "kept.note"
    shutil.copyfile(Seal(book).files()[-1], kept)
    with without_triggers(book.path) as raw:
        raw.execute("UPDATE stored_events SET state = CAST(replace(state, '50000.00', '60000.00') AS BLOB)")
        fit(raw)
    for place in Seal(book).files():
        place.unlink()
    shutil.rmtree(book.path / "tree")
    with Book.open(book.place) as again:
        sealed_by_a_forger(again)
        export(again, Seal(again), tmp_path / "package")
    assert check(tmp_path / "package")[0] == 0
    code, told = check(tmp_path / "package", "--checkpoint", str(kept))
    assert code == 4
    assert "kept.note" in told


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
            place = tmp_path / "one.tlog-proof"
            place.write_text(proof.text, "utf-8")
    code, told = check(package, "--proof", str(place), "--key", str(seal.keys()[0]))
    assert code == 0
    assert told.startswith(f"{proof.name} CostRecorded.v2 recorded 2026-01-31T12:00:")
    assert 'by t.leader, act of t.leader: {"on":"2017-01-12"' in told

    place.write_text(proof.text.replace("extra Z", "extra Y"), "utf-8")
    assert check(package, "--proof", str(place))[0] == 4


def test_what_is_not_sealed_is_not_proved(book: Book, tmp_path: Path) -> None:
    book.record(g.cost("01-13"), "t.leader")
    version = len(book.entries(f"grant:{g.G}"))
    with prover(book, Seal(book)) as maker:
        with pytest.raises(Unsealed, match="audit seal"):
            maker.prove(f"grant:{g.G}", version)
        with pytest.raises(Unreachable, match="no entry"):
            maker.prove("grant:X", 1)
    for place in Seal(book).files():
        place.unlink()
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


def test_whoever_seals_meanwhile_is_not_in_the_way(
    book: Book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who hashes all of it again cuts the kept hashes first, wherever a reader of them is just then."""
    name = f"grant:{g.G}"
    with prover(book, Seal(book)) as maker:
        right = maker.prove(name, 1)
    for width in range(3):  # so many leaves are there again
        with prover(book, Seal(book)) as maker, StoredTree(book.path / FOLDER, "entries") as sealers:
            sealers.cut(width)
            assert maker.prove(name, 1) == right
        Seal(book).seal(rehash=True)
        write = _Export.write

        def cut_and_write(self: _Export, width: int = width, **more: bool) -> tuple[int, int, int, int]:
            with StoredTree(book.path / FOLDER, "entries") as sealers:
                sealers.cut(width)
            return write(self, **more)  # noqa: B023 called in this turn

        with monkeypatch.context() as meanwhile:
            meanwhile.setattr(_Export, "write", cut_and_write)
            export(book, Seal(book), tmp_path / f"package-{width}")
        assert check(tmp_path / f"package-{width}")[0] == 0
        Seal(book).seal(rehash=True)


def test_hashes_that_are_damaged_are_not_exported(book: Book, tmp_path: Path) -> None:
    """The roots above them may be as they were."""
    last = Seal(book).last()
    assert last is not None
    place = book.path / FOLDER / "entries.0"
    data = bytearray(place.read_bytes())
    data[1] ^= 1
    place.write_bytes(data)
    export(book, Seal(book), tmp_path / "package")
    code, told = check(tmp_path / "package")
    assert code == 0, told


def test_a_folder_that_is_there_is_not_written_over(book: Book, package: Path) -> None:
    before = sorted(place.name for place in package.iterdir())
    with pytest.raises(Unreachable, match="there already"):
        export(book, Seal(book), package)
    assert sorted(place.name for place in package.iterdir()) == before
