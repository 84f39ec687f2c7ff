"""What a run holds in memory does not grow with its lines, whatever becomes of them."""

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

pytestmark = [pytest.mark.case("T8"), pytest.mark.both_stores]

Words = dict[str, Any]


def payment(n: int) -> Words:
    """More than there is: a refusal that is kept while it is asked whether the command would do."""
    more = {"amount": "9000000.00 USD", "category": "workshop", "payee": "NDDB"}
    return on_grant("RequestPayment", "2017-09-01", "leader", payment=f"P{n + 10}", **more)


def proposal(n: int) -> Words:
    """Of a grant of its own."""
    proposed = next(line for line in life() if line["command"] == "ProposeGrant")
    return proposed | {"grant": f"N-{n}"}


LINES: dict[str, Callable[[int], Words | str]] = {
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
}


@pytest.mark.parametrize("kind", LINES)
def test_no_error_outlives_its_line(
    lived: Shell, kind: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """Not even for want of a collector: none of them is part of a cycle."""
    file = lived.file([LINES[kind](n) for n in range(50)])
    alive: list[Any] = []
    monkeypatch.setattr(recording, "collector_at_work", nullcontext)
    settled = recording._catch_up_and_seal

    def counted(book: Any) -> list[str]:
        alive.extend(type(one) for one in gc.get_objects() if isinstance(one, (Refusal, Malformed)))
        return settled(book)

    monkeypatch.setattr(recording, "_catch_up_and_seal", counted)
    gc.collect()
    gc.disable()
    try:
        lived("record", file, "--continue")
    finally:
        gc.enable()
    assert len(alive) <= 1, alive


@pytest.mark.parametrize("kind", [*LINES, "accepted"])
def test_no_line_leaves_more_than_its_sum(lived: Shell, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is held after each batch: 18 to 36 bytes a line number equal lines, and little else is kept."""
    monkeypatch.setattr("lifecycle.book.loaded_state._KEPT_ENTRIES", 100)
    monkeypatch.setattr("cli.commands.record.lines.BATCH", 50)
    monkeypatch.setattr(recording, "_reporter", lambda *_, **__: lambda _: None)
    held: list[int] = []
    take = Run.take

    def measured(*given: Any) -> None:
        take(*given)
        held.append(tracemalloc.get_traced_memory()[0])

    monkeypatch.setattr(Run, "take", measured)
    file = lived.file([(LINES | {"accepted": proposal})[kind](n) for n in range(2_000)])
    gc.disable()
    tracemalloc.start()
    try:
        lived("record", file, "--continue")
    finally:
        tracemalloc.stop()
        gc.enable()
    assert len(held) == 40
    assert (held[-1] - held[9]) / 1_500 < 120, held  # tables that grow by doubling, and caches, among them


def test_the_seal_reads_answers_in_pages(lived: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many came since the last one."""
    monkeypatch.setattr("lifecycle.journal.rows._REFUSAL_KEYS", 50)
    most: list[int] = []

    def counting(rows: Callable[..., list[Any]]) -> Callable[..., list[Any]]:
        def counted(*given: Any) -> list[Any]:
            most.append(len(found := rows(*given)))
            return found

        return counted

    for recorder in (JournalRecorder, OnPostgres):
        monkeypatch.setattr(recorder, "rows", counting(recorder.rows))
    file = lived.file([LINES["refused for its amount"](n) for n in range(1_100)])
    lived("record", file, "--continue")
    assert max(most) <= 1_000


def test_equal_lines_are_numbered_however_many_there_are() -> None:
    """Also when the table of their sums has grown, and when sums begin at the same place."""
    counts = _Counts()
    sums = [n * 2**20 for n in range(3_000)]
    assert [counts.one_more(one) for one in sums] == [1] * 3_000
    assert [counts.one_more(one) for one in sums] == [2] * 3_000
    assert len(counts._sums) == 8_192


def test_whoever_records_many_lines_has_cycles_collected(
    lived: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program itself starts with the collector at rest."""
    seen: list[bool] = []
    take = Run.take

    def looking(*given: Any) -> None:
        seen.append(gc.isenabled())
        take(*given)

    monkeypatch.setattr(Run, "take", looking)
    gc.disable()
    try:
        lived("record", lived.file([payment(1)]), "--continue")
        assert not gc.isenabled()
    finally:
        gc.enable()
    assert seen == [True]


def test_warnings_of_people_are_counted_and_the_first_told(lived: Shell) -> None:
    cost = {"amount": "1.00 USD", "purpose": "supervision"}
    lines = [
        on_grant("RecordCost", "2017-09-01", "leader", note=f"call +254 20 322 60{n:02}", **cost)
        for n in range(30)
    ]
    result = lived("record", lived.file(lines))
    assert result.code == 0, result.out
    assert result.err.count("line ") == 20
    assert "warning: 10 more lines seem to hold people's data" in result.err
