"""Each command names a row that was forged by SQL, and an administrator quarantines it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from lifecycle.seal.seal import Seal
from support import given as g
from support.books import make_book
from support.cli_shell import Shell
from support.forging import forge_refusal
from support.inserting import forging

pytestmark = pytest.mark.both_stores

STREAM = "grant:SSF-1"
FIELDS = {"on": "2017-01-12", "actor": "t.leader"}


@pytest.fixture
def position(shell: Shell, place: Path | str) -> int:
    """Forge a row in one of the two grants of a sealed book, and return its position."""
    with make_book(place, g.FOUNDED) as book:
        for grant in ("SSF-1", "SSF-2"):
            assert book.record(g.propose("01-10", grant=grant), "t.leader").outcome == "accepted"
        Seal(book).seal()
    with forging(place) as forger:
        return forger.entry(STREAM, "Nonsense.v1", FIELDS)


def record_cost(shell: Shell, grant: str, *more: str) -> tuple[int, str]:
    words = ("--purpose", "preparation", "--amount", "1.00 USD", "--on", "2017-01-12", "--actor", "t.leader")
    result = shell("--book", shell.book, "grant", "cost", grant, *words, *more)
    return result.code, result.err


@pytest.mark.case("O3")
def test_every_command_names_the_row_and_only_its_stream_takes_nothing(shell: Shell, position: int) -> None:
    way_out = f"--quarantine {position}"
    code, error_output = record_cost(shell, "SSF-1")
    assert code == 4
    assert way_out in error_output
    code, error_output = record_cost(shell, "SSF-2")
    assert code == 0
    assert way_out in error_output
    for words in (
        "report register",
        "grant show SSF-2",
        "audit history SSF-1",
        "views rebuild",
        "audit seal",
    ):
        assert way_out in shell("--book", shell.book, *words.split()).err, words
    assert way_out in shell("--book", shell.book, "audit", "verify").err
    assert shell("--book", shell.book, "audit", "verify").code == 4
    health = shell("--book", shell.book, "health")
    assert health.code == 5
    assert way_out in health.out


@pytest.mark.case("O3")
def test_a_recorded_file_goes_on_with_the_other_grants_and_seals_nothing(
    shell: Shell, position: int, tmp_path: Path
) -> None:
    lines = [{"command": "RecordCost", "grant": f"SSF-{n}", "purpose": "preparation"} for n in (2, 1, 2)]
    for number, line in enumerate(lines):
        line |= {"on": "2017-01-12", "actor": "t.leader", "amount": f"{number + 1}.00 USD"}
    file, empty = tmp_path / "lines.jsonl", tmp_path / "empty.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    empty.touch()
    result = shell("--book", shell.book, "record", str(file), "--continue", "--json")
    assert result.code == 4
    assert [row["refusal"] for row in result.rows] == [None, "StreamStopped", None]
    shell("--book", shell.book, "record", str(empty))
    sealed = shell("--book", shell.book, "--json", "audit", "seal")
    assert (sealed.code, sealed.row["entries"]) == (4, position - 1)
    assert shell("--book", shell.book, "record", str(file)).code == 4
    quarantined = shell(
        "--book", shell.book, "audit", "seal", "--quarantine", str(position), "--reason", "by SQL"
    )
    assert quarantined.code == 0
    again = shell("--book", shell.book, "record", str(file), "--json")
    assert [row["outcome"] for row in again.rows] == ["repeat", "accepted", "repeat"]


@pytest.mark.case("O3")
def test_a_grant_whose_rows_are_all_quarantined_does_not_exist(shell: Shell, place: Path | str) -> None:
    with make_book(place, g.FOUNDED) as book:
        Seal(book).seal()
    with forging(place) as forger:
        position = forger.row("grant:NEW", "Nonsense.v1", b"x", recorded_at=-(1 << 62))
    quarantined = shell(
        "--book", shell.book, "audit", "seal", "--quarantine", str(position), "--reason", "by SQL"
    )
    assert quarantined.code == 0
    result = shell("--book", shell.book, "grant", "show", "NEW")
    assert result.code == 2
    assert "there is no grant 'NEW': only rows that count in nothing bear its id" in result.err
    assert "0001" not in (history := shell("--book", shell.book, "audit", "history", "NEW").out)
    assert "when it was recorded cannot be read" in history
    page = shell("--book", shell.book, "audit", "replay", "NEW", "--format", "html")
    assert (page.code, "which counts in nothing" in page.out) == (0, True)
    assert "a moment that cannot be read" in page.out


@pytest.mark.case("T2")
def test_a_forged_refusal_is_quarantined_and_named(shell: Shell, place: Path | str, tmp_path: Path) -> None:
    with make_book(place, [*g.FOUNDED, g.propose("01-10", grant="SSF-1")]) as book:
        Seal(book).seal()
        forge_refusal(book, g.cancel("01-12", actor="t.leader", command_id="f 1"), "NotInStage")
    way_out = "--quarantine-answer 'f 1'"
    assert way_out in shell("--book", shell.book, "audit", "seal").err
    assert way_out in shell("--book", shell.book, "audit", "verify").err
    assert way_out in shell("--book", shell.book, "health").out
    words = ("audit", "seal", "--quarantine-answer", "f 1")
    assert shell("--book", shell.book, *words).code == 2
    assert shell("--book", shell.book, *words, "--reason", "by SQL", "--quarantine", "3").code == 2
    quarantined = shell("--book", shell.book, "--json", *words, "--reason", "by SQL")
    assert (quarantined.code, quarantined.row["fault"]) == (0, None)
    assert quarantined.row["quarantine"]["entries"] == ["fund:quarantine@1"]
    health = shell("--book", shell.book, "health").out.splitlines()[-1]
    assert health.startswith("well")
    assert "is quarantined by" in health
    result = shell("--book", shell.book, "--json", "audit", "verify", "--rules")
    assert (result.code, result.row["quarantined"]) == (0, [])
    assert [refusal["command_id"] for refusal in result.row["quarantined_answers"]] == ["f 1"]
    assert "not lawful: answer " in shell("--book", shell.book, "audit", "verify").out
    assert "not lawful: answer " in " ".join(shell("--book", shell.book, "audit", "refusals").out.split())
    (refused,) = shell("--book", shell.book, "--json", "audit", "refusals").rows
    assert "by SQL" in refused["quarantined"]
    assert "the refusal of the command f 1" in shell(
        "--book", shell.book, "audit", "history", "fund:quarantine"
    ).out.replace("\n            ", " ")
    package = tmp_path / "package"
    assert shell("--book", shell.book, "audit", "export", str(package)).code == 0
    checked = subprocess.run(
        [sys.executable, package / "verify.py"], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr
    assert "not lawful: answer " in checked.stdout
    copy = tmp_path / "copy"
    assert shell("move", shell.book, str(copy)).code == 0
    assert "not lawful: answer " in shell("--book", str(copy), "audit", "verify", "--rules").out


@pytest.mark.case("T2")
def test_a_quarantined_row_is_named_by_history_proof_and_package(
    shell: Shell, position: int, tmp_path: Path
) -> None:
    assert shell("--book", shell.book, "audit", "seal", "--quarantine", str(position)).code == 2
    words = ("audit", "seal", "--quarantine", str(position), "--reason", "put in by SQL")
    quarantined = shell("--book", shell.book, "--json", *words)
    assert quarantined.code == 0
    assert quarantined.row["quarantine"]["entries"] == ["fund:quarantine@1"]
    assert record_cost(shell, "SSF-1", "--expect-version", "2")[0] == 0
    result = shell("--book", shell.book, "--json", "audit", "verify", "--rules")
    assert result.code == 0
    assert [row["position"] for row in result.row["quarantined"]] == [position]
    history = shell("--book", shell.book, "--json", "audit", "history", "SSF-1").rows
    assert [row["left_out"] for row in history if row["version"] == 2] == ["quarantined"]
    assert shell("--book", shell.book, "--json", "audit", "replay", "SSF-1").row["version"] == 3
    proof = shell("--book", shell.book, "audit", "prove", "SSF-1@2")
    assert proof.code == 0
    assert "not lawful" in proof.err
    package = tmp_path / "package"
    assert shell("--book", shell.book, "audit", "export", str(package)).code == 0
    checked = subprocess.run(
        [sys.executable, package / "verify.py"], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr
    assert f"not lawful, and counts in nothing: {STREAM}@2" in checked.stdout
    copy = tmp_path / "copy"
    assert shell("move", shell.book, str(copy)).code == 0
    assert "not lawful" in shell("--book", str(copy), "audit", "verify", "--rules").out
