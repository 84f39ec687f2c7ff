"""The history, replay, differences and refusals of a stream, in sentences and as rows."""

import re

import pytest

from cli.narrative.call_sentences import CALL_SENTENCES
from cli.narrative.directory_sentences import DIRECTORY_SENTENCES
from cli.narrative.fund_sentences import FUND_SENTENCES
from cli.narrative.grant_sentences import GRANT_SENTENCES
from cli.output.terminal_text import safe, to_json
from lifecycle.call import call
from lifecycle.directory import events as directory
from lifecycle.fund import events as fund
from lifecycle.grant import events as grant
from lifecycle.grant.rules import RULES
from projections.audit.one_recorder import DECISIONS
from support.cli_shell import (
    Shell,
    life,
    officers,
    on_grant,
    with_corrections,
)

pytestmark = pytest.mark.both_stores

MOMENT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"


def test_every_event_has_a_sentence() -> None:
    assert set(GRANT_SENTENCES) == set(grant.EVENTS)
    assert set(FUND_SENTENCES) == set(fund.EVENTS)
    assert set(CALL_SENTENCES) == set(call.EVENTS)
    assert set(DIRECTORY_SENTENCES) == set(directory.EVENTS)


def test_a_history_tells_a_life_in_sentences(lived: Shell) -> None:
    result = lived("audit", "history", "G-1")
    assert result.code == 0
    text = " ".join(result.out.split())
    for words in (
        "2017-01-10 [1] leader proposed “Learning about dairy” in window stand_alone",
        "TZ, UG to learn from IN, with 80,000.00 USD in 12 months",
        "(entered by admin)",
        "stage requested → approved",
        "payer paid 60,000.00 USD for payment P1.",
        "undisbursed 70,000.00 → 10,000.00 USD",
        "payment P1 authorised 60,000.00 USD → disbursed 60,000.00 USD",
        "note: “by wire”",
    ):
        assert words in text
    assert all(len(line) <= 80 for line in result.out.splitlines())


@pytest.mark.case("D12", "D13")
def test_late_corrected_and_struck_entries_are_marked(lived: Shell) -> None:
    rows = {row["version"]: row for row in with_corrections(lived)("--json", "audit", "history", "G-1").rows}
    paid, struck, late, correction, strike, struck_correction, last = (
        rows[version] for version in range(8, 15)
    )
    assert all(row["late"] and row["late_days"] > 3_000 for row in rows.values())
    assert late["out_of_order"] is True
    assert [paid["out_of_order"], struck["out_of_order"]] == [False, False]
    assert paid["corrected_by"] == [
        {
            "entry": correction["version"],
            "reason": "The advice says so",
            "changes": [{"field": "amount", "before": "60000.00 USD", "after": "59000.00 USD"}],
        }
    ]
    assert struck["struck_by"] == {"entry": strike["version"], "reason": "Never came"}
    assert struck["without_effect"] is True
    assert struck_correction["without_effect"] is True
    assert last["sentence"].startswith(f"boss struck entry {struck_correction['version']}")
    assert {"field": "disbursed", "before": "60000.00", "after": "59000.00"} in correction["changes"]
    text = " ".join(lived("audit", "history", "G-1").out.split())
    assert text.count("this correction was struck") == 1
    assert re.search(
        rf"recorded {MOMENT}: late, [\d,]+ days after its day; out of order, after an entry", text
    )
    assert len(re.findall(rf"recorded {MOMENT}", text)) == len(rows)
    assert (
        f"corrected by entry {correction['version']}, 2017-09-01: amount 60,000.00 USD → 59,000.00 USD"
        in text
    )
    assert f"struck by entry {strike['version']}, 2017-09-02: “Never came”: it has no effect" in text
    assert "boss2 corrected entry 8: amount 60,000.00 USD → 59,000.00 USD: “The advice says so”" in text


def test_the_order_is_by_day_then_version(lived: Shell) -> None:
    rows = with_corrections(lived)("--json", "audit", "history", "G-1").rows
    order = [(row["on"], row["version"]) for row in rows]
    assert order == sorted(order)
    assert len(order) == 14


def test_a_replay_shows_what_was_known_before_the_corrections(lived: Shell) -> None:
    position = str(lived("--json", "views", "status").row["journal"])
    before = lived("--json", "audit", "replay", "G-1").row["state"]
    with_corrections(lived)
    assert lived("--json", "audit", "replay", "G-1", "--known", position).row["state"] == before
    now = lived("--json", "audit", "replay", "G-1").row["state"]
    assert (before["disbursed"], now["disbursed"]) == ("60000.00", "59000.00")
    assert (before["refunded"], now["refunded"]) == ("2000.00", "700.00")
    last = str(lived("--json", "views", "status").row["journal"])
    changed = {
        row["field"]: (row["from"], row["to"])
        for row in lived("--json", "audit", "diff", "G-1", "--from", position, "--to", last).rows
    }
    assert changed["disbursed"] == ("60000.00", "59000.00")
    assert changed["refunded"] == ("2000.00", "700.00")
    assert "stage" not in changed


def test_known_accepts_a_time_as_well_as_a_position(lived: Shell) -> None:
    rows = lived("--json", "audit", "history", "G-1").rows
    moment = rows[4]["recorded_at"]
    replay = lived("--json", "audit", "replay", "G-1", "--known", moment).row
    assert replay["known"] == rows[4]["position"]
    assert replay["state"]["stage"] == "effective"
    assert lived("audit", "replay", "G-1", "--known", "2001-01-01T00:00:00Z").code == 2


def test_diff_shows_the_difference_between_two_days(lived: Shell) -> None:
    result = lived("audit", "diff", "G-1", "--from", "2017-04-01", "--to", "2017-12-31")
    assert result.code == 0
    assert "undisbursed 70,000.00 → 12,000.00 USD" in result.out
    unchanged = lived("audit", "diff", "G-1", "--from", "2018-01-01", "--to", "2018-01-02")
    assert "nothing differs" in unchanged.out
    before = lived("--json", "audit", "diff", "G-1", "--from", "2016-01-01", "--to", "2017-01-10").rows
    assert {"field": "stage", "from": None, "to": "proposed"} in before


def test_the_fund_has_a_history_and_a_state(lived: Shell) -> None:
    text = " ".join(lived("audit", "history", "fund").out.split())
    assert "admin appointed leader as ttl." in text
    assert "officer leader \u2013 → ttl" in text
    assert "available 0.00 → 1,000,000.00 USD" in text
    assert "boss committed 70,000.00 USD to grant G-1." in text
    assert "available 1,000,000.00 → 930,000.00 USD" in text
    state = lived("--json", "audit", "replay", "fund", "--on", "2017-12-31").row["state"]
    assert state["available"] == "930000.00"
    assert state["officer:boss"] == ["approver"]


def test_a_refusal_is_listed_with_its_actor_command_day_and_rule(lived: Shell) -> None:
    assert "nobody was refused anything" in lived("audit", "refusals").out
    lived("grant", "close", "G-1", "--actor", "leader", "--on", "2018-01-01")
    text = " ".join(lived("audit", "refusals").out.split())
    assert re.match(r"2018-01-01 leader \(entered by admin\) was refused CloseGrant on G-1", text)
    assert "RoleNotHeld" in text
    (row,) = lived("--json", "audit", "refusals", "G-1").rows
    assert (row["actor"], row["recorder"], row["refusal"]) == ("leader", "admin", "RoleNotHeld")
    assert lived("--json", "audit", "refusals", "G-2").rows == []


def test_a_recorder_who_entered_both_sides_of_a_decision_is_listed(gb: Shell) -> None:
    """A decision is listed if its recorder also entered the request, and not if each side entered its own."""
    assert "nobody entered acts of both sides" in gb("audit", "recorders").out
    *earlier, authorised, paid, refunded = life()
    assert gb("record", gb.file([*earlier, authorised])).code == 0
    assert gb("record", gb.file([paid]), "--as", "payer").code == 0
    assert gb("record", gb.file([refunded])).code == 0
    text = " ".join(gb("audit", "recorders").out.split())
    assert "G-1 [3]: admin entered GrantApproved of boss, and what asked for it: [1] GrantProposed" in text
    assert "[2] FundingRequested of leader" in text
    assert "FundsDisbursed" not in text
    approved, allowed = gb("--json", "audit", "recorders", "G-1").rows
    assert approved == {
        "recorder": "admin",
        "grant": "G-1",
        "on": "2017-02-10",
        "decided": "grant:G-1@3",
        "event": "GrantApproved",
        "actor": "boss",
        "asked": [
            {"entry": "grant:G-1@1", "event": "GrantProposed", "actor": "leader"},
            {"entry": "grant:G-1@2", "event": "FundingRequested", "actor": "leader"},
        ],
    }
    assert (allowed["event"], [request["event"] for request in allowed["asked"]]) == (
        "PaymentAuthorised",
        ["PaymentRequested"],
    )
    before_the_decisions = str(len(officers()) + 6)
    assert gb("--json", "audit", "recorders", "--known", before_the_decisions).rows == []


def test_the_list_covers_each_decision_that_needs_two_officers() -> None:
    assert set(DECISIONS) == {event for event, guards in RULES.items() if guards.requested_by}


def test_show_reads_like_a_page(lived: Shell) -> None:
    result = lived("grant", "show", "G-1", "--on", "2017-06-01")
    assert result.out.startswith("G-1  Learning about dairy\neffective; as of 2017-06-01, as known now")
    assert re.search(r"undisbursed +10,000\.00 USD", result.out)
    assert lived("grant", "show", "G-1", "--on", "2016-01-01").code == 2
    assert "G-1" in lived("grant", "list").out
    assert lived("--json", "grant", "list").row["stage"] == "effective"
    assert lived("--json", "grant", "list", "--on", "2016-01-01").rows == []


def test_show_lists_earlier_closures_of_a_reopened_grant(lived: Shell) -> None:
    waived = {"obligation": "completion_report", "reason": "x"}
    closures = [
        on_grant("CompleteImplementation", "2018-03-31", "leader"),
        on_grant("CancelBalance", "2018-04-01", "boss", amount="12000.00 USD", reason="saved"),
        on_grant("WaiveObligation", "2018-04-02", "boss", **waived),
        on_grant("CloseGrant", "2018-05-01", "boss"),
        on_grant("ReopenGrant", "2018-06-01", "boss", reason="a refund"),
        on_grant("CloseGrant", "2018-07-01", "boss"),
    ]
    assert lived("record", lived.file(closures)).code == 0
    for words, dates in (
        (("--on", "2018-05-31"), ["closed 2018-05-01"]),
        (("--on", "2018-06-01"), ["closed, and reopened 2018-05-01"]),
        ((), ["closed, and reopened 2018-05-01", "closed 2018-07-01"]),
    ):
        lines = [" ".join(line.split()) for line in lived("grant", "show", "G-1", *words).out.splitlines()]
        assert [line for line in lines if re.fullmatch(r"closed\D* [0-9-]+", line)] == dates


def test_show_prints_the_digest_that_an_approval_may_name(lived: Shell) -> None:
    requested = lived("--json", "grant", "show", "G-1", "--on", "2017-01-31").row
    approved = lived("--json", "grant", "show", "G-1").row
    assert requested["request_digest"] == approved["request_digest"]
    assert len(requested["request_digest"]) == 64


@pytest.mark.parametrize(
    "mark", ["\x1b", "\x00", "\x9b", "\u202e", "\u2066", "\u200f", "\u2028", "\x7f", "\ud800"]
)
def test_no_text_controls_the_terminal(mark: str) -> None:
    assert safe(f"a{mark}b") == f"a\\u{{{ord(mark):x}}}b"
    assert mark not in to_json({"key": f"a{mark}b"})


def test_marks_in_data_are_shown_not_executed(lived: Shell) -> None:
    result = lived(
        *("grant", "revise", "G-1", "--title", "Moo\u202eooM"),
        *("--on", "2017-01-12", "--actor", "leader", "--note", "a\tb\u2066c"),
    )
    assert result.code == 0, result
    for words in (("grant", "show", "G-1"), ("report", "register"), ("grant", "list")):
        assert "Moo\\u{202e}ooM" in " ".join(lived(*words).out.split()), words
    marked = {"period": "2017", "rating": "good", "narrative": "a\u202eb\tc\nd"}
    report = on_grant("ReportProgress", "2017-06-01", "leader", **marked)
    assert lived("record", lived.file([report])).code == 0
    text = lived("audit", "history", "G-1").out
    assert "\u202e" not in text
    assert "a\\u{202e}b\\u{9}c d" in " ".join(text.split())
    assert "\u202e" not in lived("--json", "audit", "history", "G-1").out
    unknown = lived("grant", "show", "G-1\x1b[31m")
    assert "\x1b" not in unknown.err


def test_what_was_brought_in_as_history_says_so(lived: Shell) -> None:
    origin = {"source": "register", "reference": "row 7", "mode": "history"}
    line = on_grant("RecordCost", "2017-03-01", "nobody", purpose="supervision", amount="10.00 USD")
    assert lived("record", lived.file([{**line, "imported_from": origin}])).code == 0
    (told,) = [row for row in lived("--json", "audit", "history", "G-1").rows if row["imported_from"]]
    assert (told["actor"], told["imported_from"]) == ("nobody", origin)
    assert (told["late"], told["late_days"] > 3_000) == (False, True), "it was recorded elsewhere in its time"
    paragraph = lived("audit", "history", "G-1").out.split("supervision", 1)[1].split("2017-", 1)[0]
    assert "imported from register, row 7: judged by arithmetic alone" in paragraph
    assert "late, " not in paragraph
    verified = lived("audit", "verify", "--rules")
    assert (verified.code, "history that was brought in: 1 entry" in verified.out) == (0, True)
