"""A command's words must be in their lists. A stored word is read although its list has lost it."""

import json
from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

import pytest
from pydantic import BaseModel

from lifecycle.call import call
from lifecycle.directory import events as directory
from lifecycle.fund import events as fund
from lifecycle.grant import events as grant
from lifecycle.types.vocabularies import words_of
from projections.reports.results.outcomes import OUTCOMES
from support.cli_shell import PROGRAM, Shell, on_grant

REMOVED_WORDS = {
    "each_command", "traditional", "raised_awareness", "action_plan", "study_tour",
    "documenting_and_sharing", "cash", "preparation", "facilitating", "design", "all", "approve", "review",
}  # fmt: skip
"""One word of each list."""
WITHOUT_THE_WORDS = f"""
import lifecycle.call.call, lifecycle.fund.events, lifecycle.grant.events
from lifecycle.types.vocabularies import Listed
Listed.words = property(lambda self: tuple(word for word in self[1] if word not in {sorted(REMOVED_WORDS)}))
"""
"""Code that takes the words from their vocabularies before the program begins."""
RUN_EACH = """
import json, sys
from cli.main import run
for words in json.load(sys.stdin):
    if code := run(words):
        sys.exit(f"{words}: exit code {code}")
"""
"""Code that runs several commands in one process, up to the first that fails."""


def on_fund(command: str, on: str, actor: str, **fields: Any) -> dict[str, Any]:
    """Return a command on the fund."""
    return {"command": command, "on": on, "actor": actor, **fields}


WITH_WORDS = [
    on_fund("SwitchSealing", "2017-01-01", "admin", sealing="on_request"),
    on_fund("SwitchSealing", "2017-01-02", "admin", sealing="each_command"),
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
READING_COMMANDS = [
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


def run_later(gb: Shell, *words: str) -> Any:
    """Run the program of a later day."""
    return gb.other("--book", gb.book, *words, program=WITHOUT_THE_WORDS + PROGRAM, GRANTBOOK_AS="admin")


@pytest.mark.case("T4")
@pytest.mark.both_stores
def test_a_book_is_read_after_words_have_left_the_vocabularies(lived: Shell) -> None:
    result = lived("record", lived.file(WITH_WORDS))
    assert result.code == 0, result.out
    commands = json.dumps([["--book", lived.book, *words] for words in READING_COMMANDS]).encode()
    result = lived.other(program=WITHOUT_THE_WORDS + RUN_EACH, stdin=commands, GRANTBOOK_AS="admin")
    assert result.code == 0, (result.out, result.err)
    exchanges = run_later(lived, "--json", "report", "exchanges", "--by", "instrument").rows
    assert [row["instrument"] for row in exchanges] == ["study_tour", None]
    new_commands = [
        on_grant("ReportProgress", "2018-01-20", "leader", period="2017", rating="good", narrative="x"),
        on_fund("AppointOfficer", "2018-01-20", "admin", officer="new", roles=["finance"]),
    ]
    result = run_later(lived, "record", lived.file(new_commands))
    assert result.code == 0, result.out


@pytest.mark.case("T4")
@pytest.mark.parametrize(
    ("command", "message"),
    [
        (
            on_fund("JoinPartner", "2018-01-20", "desk", partner="X", name="X", kind="traditional"),
            "kind: trad",
        ),
        (on_grant("RecordCost", "2018-01-20", "leader", purpose="preparation", amount="1.00 USD"), "purpose"),
        (on_grant("ReportOutcomes", "2018-01-20", "leader", results={"action_plan": "x"}), "results.action"),
        (
            on_fund(
                "CorrectEntry", "2018-01-20", "boss", entry=12, reason="x", reads={"kind": "traditional"}
            ),
            "reads",
        ),
    ],
)
def test_a_new_command_cannot_use_a_word_that_has_left_its_list(
    lived: Shell, command: dict[str, Any], message: str
) -> None:
    result = run_later(lived, "record", lived.file([command]))
    assert (result.code, message in result.out, "is none of:" in result.out) == (2, True, True), result.out


@pytest.mark.case("T4")
def test_help_and_schema_show_the_words_of_the_lists(gb: Shell) -> None:
    assert "study_tour|expert_visit" in gb("activity", "plan", "--help").out
    result = gb("activity", "plan", "G-1", "A1", "--instrument", "tour", "--book", gb.book)
    assert (result.code, "tour is none of: study_tour, expert_visit" in result.err) == (2, True), result.err
    schema = json.loads(gb("schema", "commands").out)["$defs"]
    assert schema["PlanActivity"]["properties"]["instrument"]["enum"][0] == "study_tour"
    assert schema["ReportOutcomes"]["properties"]["outcomes"]["propertyNames"]["enum"] == list(OUTCOMES)


def closed_lists(annotation: Any) -> Iterator[Any]:
    """Yield the closed lists that a stored value of this type must be in."""
    if get_origin(annotation) is Literal and get_args(annotation) != (True,):
        yield annotation
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for field in annotation.model_fields.values():
            yield from closed_lists(field.annotation)
    for part in get_args(annotation):
        yield from closed_lists(part)


@pytest.mark.case("T4")
@pytest.mark.parametrize("event", [*grant.EVENTS, *fund.EVENTS, *call.EVENTS, *directory.EVENTS])
def test_no_stored_field_is_read_from_a_closed_list(event: type[BaseModel]) -> None:
    assert list(closed_lists(event)) == []


def test_only_vocabularies_have_words() -> None:
    assert words_of(str) == words_of(tuple[str, ...]) == ()
