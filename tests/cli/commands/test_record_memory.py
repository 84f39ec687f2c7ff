"""A run of ``record`` needs the same memory for many lines as for few, whatever their outcome."""

import gc
import tracemalloc
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest

from cli.commands.record import record as recording
from cli.commands.record.line_ids import _Counts
from cli.commands.record.run import Run
from lifecycle.journal.postgresql.recorder import JournalRecorder as OnPostgres
from lifecycle.journal.sqlite.recorder import JournalRecorder
from lifecycle.kernel.refusals import Refusal
from lifecycle.parse import Malformed
from support.cli_shell import Shell, life, on_grant

pytestmark = pytest.mark.case("T8")

Fields = dict[str, Any]


def payment(n: int) -> Fields:
    """Return a request for more money than the grant has, so that it is refused."""
    details = {"amount": "9000000.00 USD", "category": "workshop", "payee": "NDDB"}
    return on_grant("RequestPayment", "2017-09-01", "leader", payment=f"P{n + 10}", **details)


def proposal(n: int) -> Fields:
    """Return a proposal of a new grant."""
    proposed = next(line for line in life() if line["command"] == "ProposeGrant")
    return proposed | {"grant": f"N-{n}"}


LINES_BY_OUTCOME: dict[str, Callable[[int], Fields | str]] = {
    "refused for its amount": payment,
    "refused for its officer": lambda n: payment(n) | {"actor": "nobody"},
    "refused for its grant": lambda n: payment(n) | {"grant": f"X-{n}"},
    "refused on the fund": lambda n: {
        "command": "ChargeFee",
        "on": "2017-09-01",
        "actor": "leader",
        "amount": f"{n % 90 + 1}.00 USD",
    },
    "a correction refused": lambda n: on_grant(
        "CorrectEntry", "2017-09-01", "leader", entry=n + 1_000, struck=True
    ),
    "a conflict": lambda n: payment(n) | {"expect_version": 99_999},
    "malformed": lambda n: payment(n) | {"amount": f"{n % 90} XXX"},
    "no JSON": lambda n: "{" * (n % 7 + 1),
    "repeats": lambda _: payment(1) | {"command_id": "the-same"},
    "accepted": proposal,
}
STORED_APART = ("accepted", "refused for its amount", "repeats")
"""Outcomes whose rows each store writes or reads in its own way."""


@pytest.mark.both_stores
@pytest.mark.parametrize("outcome", LINES_BY_OUTCOME)
def test_no_error_outlives_its_line(
    lived: Shell, outcome: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """No error is part of a reference cycle, so none waits for the garbage collector."""
    file = lived.file([LINES_BY_OUTCOME[outcome](n) for n in range(50)])
    errors: list[Any] = []
    monkeypatch.setattr(recording, "collector_at_work", nullcontext)
    catch_up_and_seal = recording._catch_up_and_seal

    def counting_errors(book: Any) -> list[str]:
        errors.extend(type(value) for value in gc.get_objects() if isinstance(value, (Refusal, Malformed)))
        return catch_up_and_seal(book)

    monkeypatch.setattr(recording, "_catch_up_and_seal", counting_errors)
    gc.collect()
    gc.disable()
    try:
        lived("record", file, "--continue")
    finally:
        gc.enable()
    assert len(errors) <= 1, errors


@pytest.mark.both_stores
@pytest.mark.parametrize("outcome", STORED_APART)
def test_memory_grows_by_little_more_than_a_checksum_a_line(
    lived: Shell, outcome: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert_memory_stays(lived, outcome, monkeypatch)


@pytest.mark.parametrize("outcome", [outcome for outcome in LINES_BY_OUTCOME if outcome not in STORED_APART])
def test_memory_grows_as_little_with_lines_of_other_outcomes(
    lived: Shell, outcome: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert_memory_stays(lived, outcome, monkeypatch)


def assert_memory_stays(lived: Shell, outcome: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Assert that a run keeps 18 to 36 bytes a line, which number equal lines, and little else."""
    monkeypatch.setattr("lifecycle.book.loaded_state._KEPT_ENTRIES", 100)
    monkeypatch.setattr("cli.recording.odd_entries._MOST_STREAMS", 50)
    monkeypatch.setattr("cli.commands.record.lines.BATCH", 30)
    monkeypatch.setattr(recording, "_reporter", lambda *_, **__: lambda _: None)
    bytes_held: list[int] = []
    take = Run.take

    def measured(*arguments: Any) -> None:
        take(*arguments)
        bytes_held.append(tracemalloc.get_traced_memory()[0])

    monkeypatch.setattr(Run, "take", measured)
    file = lived.file([LINES_BY_OUTCOME[outcome](n) for n in range(1_200)])
    gc.disable()
    tracemalloc.start()
    try:
        lived("record", file, "--continue")
    finally:
        tracemalloc.stop()
        gc.enable()
    assert len(bytes_held) == 40
    # The limit leaves room for caches and for hash tables, which grow by doubling.
    assert (bytes_held[-1] - bytes_held[9]) / 900 < 180, bytes_held


@pytest.mark.both_stores
def test_the_seal_reads_receipts_in_pages(lived: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """The number of receipts since the last seal does not change the size of one read."""
    monkeypatch.setattr("lifecycle.journal.rows._REFUSAL_KEYS", 50)
    row_counts: list[int] = []

    def counting(read_rows: Callable[..., list[Any]]) -> Callable[..., list[Any]]:
        def counted(*arguments: Any) -> list[Any]:
            rows = read_rows(*arguments)
            row_counts.append(len(rows))
            return rows

        return counted

    for recorder in (JournalRecorder, OnPostgres):
        monkeypatch.setattr(recorder, "rows", counting(recorder.rows))
    file = lived.file([LINES_BY_OUTCOME["refused for its amount"](n) for n in range(1_100)])
    lived("record", file, "--continue")
    assert max(row_counts) <= 1_000


def test_equal_lines_are_numbered_also_after_the_hash_table_has_grown() -> None:
    """The hash table of the lines' sums grows, and many of these sums begin at the same slot."""
    counts = _Counts()
    line_sums = [n * 2**20 for n in range(3_000)]
    assert [counts.one_more(line_sum) for line_sum in line_sums] == [1] * 3_000
    assert [counts.one_more(line_sum) for line_sum in line_sums] == [2] * 3_000
    assert len(counts._sums) == 8_192


def test_recording_turns_the_garbage_collector_on_for_its_run(
    lived: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program starts with the collector off."""
    enabled: list[bool] = []
    take = Run.take

    def observed(*arguments: Any) -> None:
        enabled.append(gc.isenabled())
        take(*arguments)

    monkeypatch.setattr(Run, "take", observed)
    gc.disable()
    try:
        lived("record", lived.file([payment(1)]), "--continue")
        assert not gc.isenabled()
    finally:
        gc.enable()
    assert enabled == [True]


def test_warnings_of_personal_data_are_shown_for_20_lines_and_then_counted(lived: Shell) -> None:
    lines = [
        on_grant("RecordCost", "2017-09-01", "leader", note=f"call +254 20 322 60{n:02}")
        | {"amount": f"{n + 1}.00 USD", "purpose": "supervision"}
        for n in range(30)
    ]
    result = lived("record", lived.file(lines))
    assert result.code == 0, result.out
    assert result.err.count("line ") == 20
    assert "warning: 10 more lines seem to hold people's data" in result.err
