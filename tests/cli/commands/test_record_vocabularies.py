"""Closed vocabularies bind commands; a stored word is read though its list has it no more."""

import json
from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

import pytest
from pydantic import BaseModel

from lifecycle.call import call
from lifecycle.fund import events as fund
from lifecycle.grant import events as grant
from lifecycle.types.vocabularies import words_of
from projections.reports.results.outcomes import OUTCOMES
from support.cli_shell import PROGRAM, Shell, on_grant

GONE = {
    "administrator", "ttl", "each_command", "traditional", "raised_awareness", "action_plan", "study_tour",
    "documenting_and_sharing", "cash", "preparation", "facilitating", "design", "all", "approve", "review",
}  # fmt: skip
"""One word of each list, and one more role."""
LATER = f"""
import lifecycle.call.call, lifecycle.fund.events, lifecycle.grant.events
from lifecycle.types.vocabularies import Listed
Listed.words = property(lambda self: tuple(word for word in self[1] if word not in {sorted(GONE)}))
{PROGRAM}
"""
"""The program of a later day, whose lists have lost these words."""


def act(command: str, on: str, actor: str, **fields: Any) -> dict[str, Any]:
    """A command on the fund."""
    return {"command": command, "on": on, "actor": actor, **fields}


WITH_WORDS = [
    act("SwitchSealing", "2017-01-01", "admin", sealing="on_request"),
    act("SwitchSealing", "2017-01-02", "admin", sealing="each_command"),
    on_grant("InvolveParty", "2017-04-01", "leader", role="facilitating", country="KE"),
    on_grant("EngageExpert", "2017-04-02", "leader", expert="E1", phases=["design"]),
    on_grant("PlanActivity", "2017-04-03", "leader", activity="A1", instrument="study_tour")
    | {"countries": ["TZ", "IN"], "starts": "2017-06-01", "ends": "2017-06-05"},
    on_grant("HoldActivity", "2017-06-05", "leader", activity="A1", starts="2017-06-01", ends="2017-06-05"),
    on_grant("RecordCoFinancing", "2017-06-06", "leader", kind="cash", amount="40.00 USD"),
    on_grant("RecordCost", "2017-06-07", "leader", purpose="preparation", amount="30.00 USD"),
    on_grant("SuspendGrant", "2017-09-01", "boss", scope="all", reason="a flood"),
    on_grant("LiftSuspension", "2017-09-09", "boss", scope="all"),
    on_grant("ReportOutcomes", "2017-10-01", "leader", outcomes={"raised_awareness": "told"})
    | {"results": {"action_plan": "written"}},
    {**on_grant("ProposeGrant", "2018-01-10", "leader", title="Sharing", window="oks"), "grant": "G-2"}
    | {"recipients": ["TZ"], "providers": ["IN"], "sector": "health", "objective": "x", "months": 12}
    | {"amount": "9.00 USD", "institution": "A ministry"}
    | {"capabilities_planned": ["documenting_and_sharing", "solving_and_scaling"]}
    | {"outcomes_sought": ["raised_awareness"]},
    {**on_grant("RequestFunding", "2018-01-11", "leader", amount="9.00 USD"), "grant": "G-2"}
    | {"budget": [{"line": "travel", "amount": "9.00 USD"}]}
    | {"letters": [{"country": "TZ", "ministry": "M", "dated": "2018-01-05"}]},
    {**on_grant("ReviewProposal", "2018-01-12", "reader", advice="approve", scores={}), "grant": "G-2"},
    {**on_grant("ApproveGrant", "2018-01-13", "boss", amount="9.00 USD"), "grant": "G-2"},
]
ASKED = [
    ("views", "rebuild"),
    ("audit", "seal"),
    ("audit", "verify", "--rules"),
    ("audit", "history", "G-1"),
    ("audit", "history", "G-2"),
    ("audit", "history", "fund"),
    ("audit", "replay", "G-2", "--on", "2026-01-01"),
    ("audit", "entries"),
    ("grant", "show", "G-1"),
    ("grant", "show", "G-2"),
    ("officer", "list"),
    ("report", "register"),
    ("report", "timeline"),
    ("report", "windows"),
    ("report", "outcomes"),
    ("report", "outcomes", "--by", "outcome"),
    ("report", "exchanges", "--by", "instrument"),
    ("report", "countries"),
    ("report", "value"),
    ("report", "fund"),
    ("report", "disbursement"),
    ("report", "progress", "--year", "2017"),
    ("report", "glance", "--as-of", "2018-02-01"),
]


def later(gb: Shell, *words: str) -> Any:
    """What the program of a later day answers."""
    return gb.other("--book", gb.book, *words, program=LATER, GRANTBOOK_AS="admin")


@pytest.mark.case("T4")
@pytest.mark.both_stores
def test_a_book_is_read_after_words_have_left_the_vocabularies(lived: Shell) -> None:
    done = lived("record", lived.file(WITH_WORDS))
    assert done.code == 0, done.out
    for words in ASKED:
        result = later(lived, *words)
        assert result.code == 0, (words, result.out, result.err)
    result = later(lived, "--json", "report", "exchanges", "--by", "instrument").out.splitlines()
    assert [json.loads(row)["instrument"] for row in result] == ["study_tour", None]
    later_ones = [
        on_grant("ReportProgress", "2018-01-20", "leader", period="2017", rating="good", narrative="x"),
        act("AppointOfficer", "2018-01-20", "admin", officer="new", roles=["finance"]),
    ]
    result = later(lived, "record", lived.file(later_ones))
    assert result.code == 0, result.out


@pytest.mark.case("T4")
@pytest.mark.parametrize(
    ("command", "said"),
    [
        (act("AppointOfficer", "2018-01-20", "admin", officer="x", roles=["finance", "ttl"]), "roles.1: ttl"),
        (act("JoinPartner", "2018-01-20", "desk", partner="X", name="X", kind="traditional"), "kind: trad"),
        (on_grant("RecordCost", "2018-01-20", "leader", purpose="preparation", amount="1.00 USD"), "purpose"),
        (on_grant("ReportOutcomes", "2018-01-20", "leader", results={"action_plan": "x"}), "results.action"),
        (act("CorrectEntry", "2018-01-20", "boss", entry=6, reason="x", reads={"roles": ["ttl"]}), "reads"),
    ],
)
def test_commands_take_such_a_word_no_more(lived: Shell, command: dict[str, Any], said: str) -> None:
    result = later(lived, "record", lived.file([command]))
    assert (result.code, said in result.out, "is none of:" in result.out) == (2, True, True), result.out


@pytest.mark.case("T4")
def test_help_and_schema_show_the_words_of_the_lists(gb: Shell) -> None:
    assert "study_tour|expert_visit" in gb("activity", "plan", "--help").out
    result = gb("activity", "plan", "G-1", "A1", "--instrument", "tour", "--book", gb.book)
    assert (result.code, "'study_tour'" in result.err) == (2, True), result.err
    schema = json.loads(gb("schema", "commands").out)["$defs"]
    assert schema["PlanActivity"]["properties"]["instrument"]["enum"][0] == "study_tour"
    assert schema["ReportOutcomes"]["properties"]["outcomes"]["propertyNames"]["enum"] == list(OUTCOMES)


def closed(kind: Any) -> Iterator[Any]:
    """The closed lists of which a stored value of this type must be one."""
    if get_origin(kind) is Literal and get_args(kind) != (True,):
        yield kind
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        for field in kind.model_fields.values():
            yield from closed(field.annotation)
    for part in get_args(kind):
        yield from closed(part)


@pytest.mark.case("T4")
@pytest.mark.parametrize("event", [*grant.EVENTS, *fund.EVENTS, *call.EVENTS])
def test_no_stored_field_is_read_from_a_closed_list(event: type[BaseModel]) -> None:
    assert list(closed(event)) == []


def test_only_vocabularies_have_words() -> None:
    assert words_of(str) == words_of(tuple[str, ...]) == ()
