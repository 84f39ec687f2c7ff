"""``grantbook grant check``: what a grant would be held against today, before anybody decides."""

from typing import TYPE_CHECKING, Any, NamedTuple

import click

from cli.output.terminal_text import pairs, plain, prose, readable, safe, say, to_json
from cli.shell.as_of_options import day_or_today, entries_of, state_of
from cli.shell.settings import Command, settings

if TYPE_CHECKING:
    from datetime import date

    from cli.recording.what_if import WhatIf
    from lifecycle.book.book import Book
    from lifecycle.grant.payment.execution import Need
    from lifecycle.grant.proposal.clearance import Standing
    from lifecycle.grant.state import Grant
    from projections.folds.windows import Finding


class _Checked(NamedTuple):
    """What a grant is held against on a day."""

    grant: "Grant"
    day: "date"
    edition: str | None
    """The edition that governs it, or would if it were approved that day."""
    rules: "list[Finding]"
    money: dict[str, Any]
    """The amounts that limit what may be decided."""
    least_on: "date"
    """The day, from then on, on which least is available in the fund."""
    answers: "list[WhatIf]"
    needs: "list[Need]"
    """What the edition says of grants that are executed as this one, and of advances."""
    clearances: "list[Standing]"
    """How each step of the edition's clearances stands."""


@click.command(
    "check",
    cls=Command,
    help="""Show the rules, the money, and what would be refused today.

    Each rule of the edition has its figure, its limit and whether it is kept, and each step of its clearances
    how it stands. Every rule that an act breaks is named, not only the first. The fund's next acts are tried
    with the first officer who may act: an approval of what is asked for, effectiveness until the months
    of the proposal are over. Nothing is recorded.""",
)
@click.argument("grant", metavar="GRANT")
@click.option("--on", metavar="DAY", help="The day on which to act; today if not given.")
def check(grant: str, on: str | None) -> int:
    """Check a grant before a decision."""
    with settings().open() as book:
        checked = _check(book, grant.removeprefix("grant:"), day_or_today(book, on, "--on"))
    if settings().json:
        say(to_json(_as_json(checked)))
    else:
        _print(checked)
    return 0


def _check(book: "Book", name: str, day: "date") -> _Checked:
    from cli.recording.what_if import what_if
    from lifecycle.grant.payment.execution import needs_of
    from lifecycle.grant.proposal.clearance import standings
    from projections.folds.windows import findings_of

    stream, entries = entries_of(book, f"grant:{name}")
    grant = state_of(stream, entries, day)
    if grant is None:
        raise click.UsageError(f"there was no grant {name!r} on {day}: its first entry is of a later day")
    fund = book.fund()
    edition = fund.editions[grant.edition] if grant.edition else fund.edition_on(day)
    least, least_on = fund.available.least_from(day)
    money = {
        "requested": grant.requested,
        "committed": grant.committed,
        "undisbursed": grant.undisbursed,
        "asked_and_not_finished": grant.pending,
        "available_in_the_fund": least,
    }
    rules = [] if edition is None else list(findings_of(grant, edition))
    answers = list(what_if(book, grant, day))
    needs = [] if edition is None else list(needs_of(grant, edition, day))
    steps = [] if edition is None else list(standings(grant, edition, day))
    governs = None if edition is None else edition.name
    return _Checked(grant, day, governs, rules, money, least_on, answers, needs, steps)


def _print(checked: _Checked) -> None:
    grant, day = checked.grant, checked.day
    governed = f"edition {prose(checked.edition)}" if checked.edition else "no edition is in force"
    say(f"{safe(grant.id)}  {prose(grant.title)}")
    say(f"{grant.stage.replace('_', ' ')} on {day}; {governed}")
    money = [(name.replace("_", " "), readable(of, grant.currency)) for name, of in checked.money.items()]
    if checked.least_on > day:
        name, amount = money.pop()
        money.append((name, f"{amount}, the least from {day} on, reached on {checked.least_on}"))
    _print_part(f"Rules of window {safe(grant.window)}", [_rule_line(finding) for finding in checked.rules])
    _print_part(f"Executed by the {grant.execution}", [_need_line(need) for need in checked.needs])
    _print_part("Clearances", [_clearance_line(standing) for standing in checked.clearances])
    _print_part("Money", money)
    refused = [line for answer in checked.answers if answer.message for line in _refused_lines(answer)]
    _print_part("Would be refused", refused)
    accepted = [_answer_line(answer) for answer in checked.answers if not answer.message]
    _print_part("Would be accepted", accepted)
    if not checked.answers:
        say()
        say("Nothing of this stage can be tried: its acts need a person's words.")


_ANSWERS = {True: "kept", False: "broken", None: "not decided yet"}


def _rule_line(rule: "Finding | Need") -> tuple[str, str]:
    figure = "" if rule.figure is None else f"{prose(rule.figure)}, "
    return rule.rule.replace("_", " "), f"{_ANSWERS[rule.complies]}: {figure}limit {prose(rule.limit)}"


def _need_line(need: "Need") -> tuple[str, str]:
    rule, stands = _rule_line(need)
    return rule, f"{stands} ({prose(need.source)})"


def _answer_line(answer: "WhatIf") -> tuple[str, str]:
    command = f"{answer.command} {safe(answer.item)}" if answer.item else answer.command
    if not answer.officers:
        return command, prose(answer.message or "")
    if answer.refusal is None:
        return command, f"by {' or '.join(map(prose, answer.officers))}"
    return command, f"{answer.refusal}: {prose(answer.message or '')} ({prose(answer.rule or '')})"


def _refused_lines(answer: "WhatIf") -> list[tuple[str, str]]:
    """Return a line for each rule that the command breaks."""
    further = [("", f"also {name}: {prose(message)} ({prose(rule)})") for name, message, rule in answer.also]
    return [_answer_line(answer), *further]


def _clearance_line(standing: "Standing") -> tuple[str, str]:
    clearance = standing.clearance
    by = f" by {prose(standing.by)} on {standing.on}" if standing.by else ""
    due = f", due {standing.due}" if standing.due else ""
    stands = "cleared by silence" if standing.answer == "silent" else standing.answer
    return clearance.step.replace("_", " "), (
        f"{stands}{by}: before the {clearance.before}, by {clearance.role}{due} ({prose(clearance.source)})"
    )


def _print_part(title: str, lines: list[tuple[str, str]]) -> None:
    if lines:
        say()
        say(f"{title}:\n{pairs(lines)}")


def _as_json(checked: _Checked) -> dict[str, Any]:
    return {
        "grant": checked.grant.id,
        "on": checked.day.isoformat(),
        "stage": checked.grant.stage.value,
        "edition": checked.edition,
        "rules": [finding._asdict() for finding in checked.rules],
        "execution": checked.grant.execution,
        "needs": [need._asdict() for need in checked.needs],
        "clearances": [
            {
                "step": standing.clearance.step,
                "role": standing.clearance.role,
                "before": standing.clearance.before,
                "answer": standing.answer,
                "due": None if standing.due is None else standing.due.isoformat(),
                "by": standing.by,
                "on": None if standing.on is None else standing.on.isoformat(),
                "source": standing.clearance.source,
            }
            for standing in checked.clearances
        ],
        "money": {name: plain(amount) for name, amount in checked.money.items()},
        "available_least_on": checked.least_on.isoformat(),
        "commands": [_answer_json(answer) for answer in checked.answers],
    }


def _answer_json(answer: "WhatIf") -> dict[str, Any]:
    keys = ("refusal", "message", "rule")
    return answer._asdict() | {"also": [dict(zip(keys, other, strict=True)) for other in answer.also]}
