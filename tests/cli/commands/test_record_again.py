"""A file that is recorded again: the same act is recorded once, and what was refused is judged again."""

import json
import os
from datetime import timedelta
from threading import Thread
from uuid import UUID, uuid5

import pytest

from lifecycle.book.book import Book
from support.cli_shell import OFFICERS, Result, Shell, life, officers, on_grant

FEE = {"command": "ChargeFee", "on": "2019-01-01", "actor": "cash", "amount": "400.50 USD"}
COST = on_grant("RecordCost", "2017-06-01", "leader", purpose="supervision", amount="12.00 USD")


def outcomes(
    shell: Shell, *lines: object, name: str = "commands.jsonl", more: tuple[str, ...] = ()
) -> list[str]:
    """Record the lines from a file of this name, and return the outcome of each."""
    return [row["outcome"] for row in shell("--json", "record", shell.file(lines, name), *more).rows]


@pytest.mark.case("K1")
def test_the_same_act_in_four_files_is_recorded_once(lived: Shell) -> None:
    assert outcomes(lived, FEE, name="1.jsonl") == ["accepted"]
    for number, same in enumerate(
        (
            {**FEE, "amount": "400.5 USD"},
            {**FEE, "amount": "0400.50 USD"},
            {**dict(reversed(FEE.items())), "note": None, "command_id": None},
        ),
        2,
    ):
        assert outcomes(lived, same, name=f"{number}.jsonl") == ["repeat"]
    assert outcomes(lived, {**FEE, "note": "another"}, name="5.jsonl") == ["accepted"]


@pytest.mark.case("K1")
def test_a_field_that_says_its_default_is_as_if_it_were_absent(lived: Shell) -> None:
    budget = [{"line": "travel", "amount": "5.00 USD"}]
    request = on_grant("RequestFunding", "2017-01-20", "leader", amount="5.00 USD", budget=budget)
    assert outcomes(lived, {**request, "letters": []}, name="1.jsonl") == ["refused"]
    first, second = (
        lived("--json", "record", "--dry-run", lived.file([line])).row["command_id"]
        for line in (request, {**request, "budget": [{**budget[0], "capacity": False}]})
    )
    assert first == second


@pytest.mark.case("K1")
def test_amounts_inside_a_correction_are_compared_by_what_they_are(lived: Shell) -> None:
    wrong = {"command": "CorrectEntry", "grant": "G-1", "on": "2017-09-01", "actor": "boss2", "entry": 8}
    for number, amount in enumerate(("59000 USD", "59000.0 USD", "059000.00 USD"), 1):
        line = {**wrong, "reads": {"amount": amount}, "reason": "the bank's statement"}
        expected = "accepted" if number == 1 else "repeat"
        assert outcomes(lived, line, name=f"{number}.jsonl") == [expected], amount


@pytest.mark.case("K1")
def test_a_rate_is_what_is_written(lived: Shell) -> None:
    """A rate with more decimals is more exact, so it says something else."""
    asked = on_grant(
        "RequestPayment", "2017-06-02", "leader", payment="P2", payee="Hotel", amount="10.00 USD"
    )
    lived("record", lived.file([{**asked, "category": "travel"}]))
    paid = on_grant("DisburseFunds", "2017-06-03", "payer", payment="P2", amount="10.00 USD")
    line = json.dumps({**paid, "paid_amount": "22305.00 TZS", "rate": 0})[:-2]
    ids = [
        lived("--json", "record", "--dry-run", lived.file([f"{line}{rate}}}"])).row["command_id"]
        for rate in ("2230.50", "2230.5", "2230.50")
    ]
    assert ids[0] == ids[2] != ids[1]


@pytest.mark.case("K1")
def test_a_repeat_says_how_a_second_act_is_recorded(lived: Shell) -> None:
    lived("record", lived.file([FEE], "1.jsonl"))
    again = lived("record", lived.file([FEE], "2.jsonl"))
    assert again.out.splitlines()[0] == "1 recorded before"
    assert "for a second such act give it a command_id" in again.out
    assert outcomes(lived, FEE, FEE, name="3.jsonl") == ["repeat", "accepted"]
    assert outcomes(lived, {**FEE, "command_id": "fee-2"}, name="4.jsonl") == ["accepted"]


@pytest.mark.case("K1")
def test_a_line_without_a_day_is_of_today_and_is_known_again_tomorrow(
    lived: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    undated = {"command": "ChargeFee", "amount": "7.00 USD", "on": None}
    lived("officer", "appoint", "me", "--roles", "finance", "--on", "2019-01-01")
    lived(
        "officer", "appoint", "other", "--roles", "finance", "--roles", "administrator", "--on", "2019-01-01"
    )
    first = lived("--json", "--as", "me", "record", lived.file([undated]))
    assert [row["outcome"] for row in first.rows] == ["accepted"]
    today = Book.today
    recorded_on = lived("--json", "audit", "history", "fund").rows[-1]["on"]
    monkeypatch.setattr(Book, "today", lambda book: today(book) + timedelta(days=1))
    for officer in ("me", "other"):
        again = lived("--as", officer, "record", lived.file([undated]))
        assert again.code == 0
        assert f"recorded on {recorded_on} by me: a new act needs `on` or `command_id`" in again.out


@pytest.mark.case("K2")
def test_a_refused_line_is_judged_again_once_its_cause_is_mended(gb: Shell) -> None:
    """No officer yet, then no money yet: the file itself stays as it is."""
    appointed = [line for line in officers() if line["command"] == "AppointOfficer"]
    funded = [line for line in officers() if line["command"] != "AppointOfficer"]
    grant = gb.file(life()[len(officers()) :], "grant.jsonl")
    first = gb("--json", "record", grant)
    assert [row["refusal"] for row in first.rows] == ["NotAnOfficer"]
    gb("record", gb.file(appointed, "officers.jsonl"))
    second = gb("--json", "record", grant)
    assert [row["outcome"] for row in second.rows] == ["accepted", "accepted", "refused"]
    gb("record", gb.file(funded, "money.jsonl"))
    third = gb("--json", "record", grant)
    assert third.code == 0
    assert [row["outcome"] for row in third.rows] == ["repeat"] * 2 + ["accepted"] * 7
    first_id = UUID(first.row["command_id"])
    assert third.rows[0]["command_id"] == str(uuid5(first_id, "2"))
    assert first.row["command_id"] in third.rows[0]["message"]
    assert {row["outcome"] for row in gb("--json", "record", grant).rows} == {"repeat"}
    assert [row["refusal"] for row in gb("--json", "audit", "refusals").rows] == [
        "NotAnOfficer",
        second.rows[2]["refusal"],
    ]


@pytest.mark.case("K2")
def test_each_try_has_an_id_of_its_own_and_all_answers_are_kept(lived: Shell) -> None:
    late = {**COST, "actor": "nobody"}
    ids = [lived("--json", "record", lived.file([late])).row["command_id"] for _ in range(12)]
    assert ids[1:] == [str(uuid5(UUID(ids[0]), str(number))) for number in range(2, 13)]
    assert [row["command_id"] for row in lived("--json", "audit", "refusals").rows] == ids
    lived("officer", "appoint", "nobody", "--roles", "ttl", "--on", "2017-01-01")
    assert outcomes(lived, late) == ["accepted"]
    assert outcomes(lived, late) == ["repeat"]
    assert lived("audit", "verify", "--rules").code == 0


@pytest.mark.case("K2")
def test_a_chosen_id_is_judged_again_only_when_asked(lived: Shell) -> None:
    late = {**COST, "actor": "nobody", "command_id": "cost-1"}
    file = lived.file([late])
    assert lived("record", file).code == 1
    lived("officer", "appoint", "nobody", "--roles", "ttl", "--on", "2017-01-01")
    before = lived("record", file)
    assert "line 1: refused before: NotAnOfficer" in before.out
    assert "--retry-refused judges them again" in before.out
    again = lived("--json", "record", "--retry-refused", file)
    assert again.row["outcome"] == "accepted"
    asked = lived("--json", "record", file).row
    assert (asked["outcome"], asked["command_id"]) == ("repeat", again.row["command_id"])
    assert asked["message"] == "accepted when it was judged again; refused before as cost-1"


@pytest.mark.case("K2")
def test_a_dry_run_judges_all_lines_and_records_nothing(lived: Shell) -> None:
    lines = [
        {"command": "AppointOfficer", "on": "2017-01-01", "officer": "new", "roles": ["ttl"]},
        {**COST, "actor": "nobody"},
        {**COST, "actor": "new"},
        "nonsense",
        FEE,
    ]
    file = lived.file(lines)
    history, refusals = lived("--json", "audit", "history", "fund").out, lived("audit", "refusals").out
    dry = lived("--json", "record", "--dry-run", file)
    assert [row["outcome"] for row in dry.rows] == [
        "accepted",
        "refused",
        "accepted",
        "malformed",
        "accepted",
    ]
    assert dry.code == 2
    in_words = lived("record", "--dry-run", file).out
    assert "dry run: 3 accepted, 1 refused, 1 malformed; nothing was recorded" in in_words
    assert "without --continue a run stops after line 2" in in_words
    assert lived("--json", "audit", "history", "fund").out == history
    assert lived("audit", "refusals").out == refusals
    assert lived("--json", "views", "status").row["behind"] == 0
    assert lived("audit", "verify").code == 0
    recorded = lived("--json", "record", "--continue", file)
    assert [row["outcome"] for row in recorded.rows] == [row["outcome"] for row in dry.rows]
    assert len(OFFICERS) + 1 == len(lived("--json", "officer", "list").rows) - 1


def test_a_dry_run_of_a_pipe_keeps_nobody_waiting(lived: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    monkeypatch.setattr("cli.commands.record.record._descriptor_and_size", lambda _: (reader, 0))
    others: list[Result] = []

    def write_slowly() -> None:
        line = {"command": "AppointOfficer", "on": "2020-01-01", "officer": "o-1", "roles": ["ttl"]}
        os.write(writer, json.dumps(line).encode() + b"\n")
        others.append(lived.other("officer", "appoint", "o-2", "--roles", "ttl"))
        os.close(writer)

    thread = Thread(target=write_slowly)
    thread.start()
    dry = lived("record", "--dry-run", "-")
    thread.join()
    assert "dry run: 1 accepted" in dry.out
    assert [other.code for other in others] == [0]
    assert {row["officer"] for row in lived("--json", "officer", "list").rows} & {"o-1", "o-2"} == {"o-2"}
