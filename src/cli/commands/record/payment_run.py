"""``grantbook payment run``: the payments that wait, one by one, each shown and confirmed by one officer."""

import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from cli.commands.show.next_acts import acts_on
from cli.output.terminal_text import pairs, prose, readable, safe, say, wrapped
from cli.shell.as_of_options import day_or_today
from cli.shell.run_command import accepted, refused
from cli.shell.settings import Command, settings

if TYPE_CHECKING:
    from decimal import Decimal

    from lifecycle.book.book import Book
    from lifecycle.grant.budget.payment import Payment
    from lifecycle.grant.state import Grant
    from lifecycle.kernel.command import Command as Recordable

QUEUES = ("requested", "authorised")
"""The statuses of payments that wait, in the order in which they are shown."""
_ANSWERS = {
    "requested": {"a": "AuthorisePayment", "r": "RejectPayment"},
    "authorised": {"p": "DisburseFunds", "r": "RejectPayment"},
}
"""The command of each answer, by the payment's status; the first moves the payment on.

``s`` skips the payment, and ``q`` ends the run."""
_WORDS = {"AuthorisePayment": "authorise", "DisburseFunds": "pay", "RejectPayment": "reject"}
_DONE = {"AuthorisePayment": "authorised", "DisburseFunds": "paid", "RejectPayment": "rejected"}
_OUTCOMES = (*_DONE.values(), "skipped", "for another officer")


@click.command(
    "run",
    cls=Command,
    help="""Authorise and pay the payments that wait, one by one.

    Each payment is shown with its balances, and asks for an answer: authorise or pay, reject, skip, quit.
    Enter alone means skip.
    Payments that the officer may not decide are only counted. Each answer is recorded at once as a command of
    its own, so a run can be interrupted at any time and begun again.

    It needs a terminal. Programs read payment list --json, and write commands for grantbook record.""",
)
@click.option("--status", type=click.Choice(QUEUES), help="Only this queue; both if not given.")
@click.option("--grant", metavar="GRANT", help="Payments of this grant only.")
@click.option("--on", metavar="DATE", help="The day of the acts; today at the fund's seat if not given.")
@click.option("--actor", metavar="OFFICER", help="Whose acts they are; the officer who records if not given.")
def payment_run(status: str | None, grant: str | None, on: str | None, actor: str | None) -> int:
    """Show each payment that waits, and record the answers."""
    options = settings()
    if options.json or not _is_on_terminal():
        raise click.UsageError(
            "payment run asks for each payment on a terminal; for programs there are payment list --json and"
            " record FILE"
        )
    recorder = options.recorder()
    with options.open() as book:
        day = day_or_today(book, on, "--on")
        run = _Run(book, recorder, actor or recorder, day)
        run.require_role()
        try:
            for queue in QUEUES if status is None else (status,):
                for name, payment in _queue(book, queue, grant, day):
                    run.ask(name, payment, queue)
        except _Quit:
            pass
        finally:
            run.sum_up()
    return 1 if run.refusals else 0


def _is_on_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


class _Quit(Exception):
    """The officer ends the run."""


def _queue(book: "Book", status: str, grant: str | None, day: date) -> list[tuple[str, str]]:
    """Return grant and name of each payment of the status, the oldest request first."""
    from projections.query import run

    report = run(book, "payments", as_of=day, grant=grant, status=status)
    rows = [dict(zip(report.columns, row, strict=True)) for row in report.rows]
    rows.sort(key=lambda row: (str(row["asked_on"]), str(row["grant"]), str(row["payment"])))
    return [(str(row["grant"]), str(row["payment"])) for row in rows]


@dataclass
class _Run:
    """One run of one officer, with what has been done so far."""

    book: "Book"
    recorder: str
    actor: str
    day: date
    counts: Counter[str] = field(default_factory=Counter)
    paid: "dict[str, Decimal]" = field(default_factory=dict)
    """What was paid, by currency."""
    refusals: int = 0

    def require_role(self) -> None:
        """Raise ``UsageError`` if the officer is not in finance on the day."""
        roles = self.book.fund().roles_on(self.actor, self.day)
        if "finance" not in roles:
            held = f"is {', '.join(sorted(roles))}" if roles else "holds no role"
            raise click.UsageError(
                f"payments are decided by finance, and {prose(self.actor)} {held} on {self.day}:"
                " name an officer with --as or --actor"
            )

    def ask(self, name: str, payment_id: str, status: str) -> None:
        """Show the payment as it is now, ask for an answer, and record it. Raises `_Quit`."""
        grant, latest = self._grant(name, self.day), self._grant(name, date.max)
        if grant is None or latest is None or status != _status(latest, payment_id):
            return  # another officer was quicker, or it was decided on a later day
        payment = grant.payments[payment_id]
        acts = acts_on(grant, self.book.fund(), self.day, payment_id)
        may = {act.command for act in acts if self.actor in act.officers}
        answers = {key: command for key, command in _ANSWERS[status].items() if command in may}
        if next(iter(_ANSWERS[status])) not in answers:
            self.counts["for another officer"] += 1
            return
        say()
        say(f"{safe(name)} {safe(payment_id)}  {prose(grant.title)}")
        say(pairs(_fields(grant, payment)))
        command = _answer(self._possible(answers, grant, payment))
        if command is None:
            self.counts["skipped"] += 1
        else:
            self._record(command, grant, payment)

    def _possible(self, answers: dict[str, str], grant: "Grant", payment: "Payment") -> dict[str, str]:
        """Return the answers without an act that would be refused today, of which it says why."""
        from cli.recording.record import try_out

        possible = dict(answers)
        for key, command in answers.items():
            if command == "RejectPayment":
                continue
            receipt = try_out(self.book, self._command(command, grant, payment), self.recorder).receipt
            if receipt.refusal is not None:
                say(f"  {_WORDS[command]} would be {refused(receipt)}")
                del possible[key]
        return possible

    def _grant(self, name: str, day: date) -> "Grant | None":
        from lifecycle.grant.evolve import fold
        from lifecycle.kernel.history import grant_stream, history

        return fold(history(self.book.entries(grant_stream(name)), day))

    def _command(self, command: str, grant: "Grant", payment: "Payment") -> "Recordable":
        from lifecycle.parse import command_from

        words: dict[str, Any] = {"command": command, "grant": grant.id, "payment": payment.id}
        words |= {"on": self.day.isoformat(), "actor": self.actor}
        if command == "DisburseFunds":
            words["amount"] = f"{payment.authorised:f} {grant.currency}"
        if command == "RejectPayment":
            words["reason"] = click.prompt("  why")
        return command_from(words)

    def _record(self, name: str, grant: "Grant", payment: "Payment") -> None:
        from cli.narrative.receipt import lines_of
        from cli.recording.odd_entries import sentence_of
        from cli.recording.record import record

        receipt, unfinished, odd = record(self.book, self._command(name, grant, payment), self.recorder)
        for reason in odd:
            say(prose(sentence_of(reason)), err=True)
        for sentence in unfinished:
            say(prose(sentence), err=True)
        if receipt.refusal is not None:
            self.refusals += 1
            say(refused(receipt), err=True)
            return
        say(accepted(receipt))
        if self.book.effect is not None:
            for sentence in lines_of(self.book.effect):
                say(wrapped(sentence, "    ", "  "))
        self.counts[_DONE[name]] += 1
        if name == "DisburseFunds":
            self.paid[grant.currency] = (
                self.paid.get(grant.currency, payment.authorised * 0) + payment.authorised
            )

    def sum_up(self) -> None:
        """Print how many payments were decided, skipped and left, and what was paid."""
        parts = [f"{count} {outcome}" for outcome in _OUTCOMES if (count := self.counts[outcome])]
        parts += [f"{self.refusals} refused"] if self.refusals else []
        amounts = ", ".join(readable(amount, currency) for currency, amount in self.paid.items())
        say()
        say(f"{', '.join(parts) or 'nothing was decided'}{f'; paid in all {amounts}' if amounts else ''}")


def _status(grant: "Grant", payment_id: str) -> str | None:
    payment = grant.payments.get(payment_id)
    return None if payment is None else payment.status


def _fields(grant: "Grant", payment: "Payment") -> list[tuple[str, str]]:
    after = grant.undisbursed - payment.payable
    rows = [
        ("payee", prose(payment.paid_to)),
        ("asked", f"{readable(payment.requested, grant.currency)} by {prose(payment.requested_by)}"),
    ]
    if payment.authorised_by is not None:
        authorised = readable(payment.authorised, grant.currency)
        rows.append(("authorised", f"{authorised} by {prose(payment.authorised_by)}"))
    left = f"{readable(grant.undisbursed, grant.currency)} \u2192 {readable(after, grant.currency)} once paid"
    rows.append(("committed", readable(grant.committed, grant.currency)))
    return [*rows, ("undisbursed", left)]


def _answer(answers: Mapping[str, str]) -> str | None:
    """Return the command that was chosen, or `None` to skip the payment. Raises `_Quit`."""
    choices = {**{key: _WORDS[command] for key, command in answers.items()}, "s": "skip", "q": "quit"}
    question = ", ".join(f"[{key}]{word[1:]}" for key, word in choices.items())
    question = question.replace("[s]kip", "[s]kip (Enter)")
    while True:
        typed = click.prompt(f"  {question}", default="s", show_default=False).strip().lower()
        key = next((key for key, word in choices.items() if typed in (key, word)), None)
        if key == "q":
            raise _Quit
        if key is not None:
            return answers.get(key)
        say(f"  write one of: {', '.join(choices)}")
