"""The queue of payments on a terminal: each is shown, confirmed by an officer who may, and recorded."""

import os
import pty
import select
import subprocess
import sys
from io import StringIO
from typing import Any

import pytest

from cli.commands.record import payment_run
from support import given as g
from support.cli_shell import PROGRAM, Result, Shell, on_grant
from support.given import EFFECTIVE, given

QUEUE = [
    on_grant(
        *("RequestPayment", on, actor),
        payment=payment,
        payee="Hotel",
        category="travel",
        amount=amount,
    )
    for payment, on, actor, amount in (
        ("P2", "2017-09-01", "leader", "900.00 USD"),
        ("P3", "2017-08-20", "leader", "100.00 USD"),
        ("P4", "2017-09-02", "both", "50.00 USD"),
    )
]
OWN_TERMINAL = (
    "import fcntl, signal, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
    " signal.signal(signal.SIGINT, signal.default_int_handler)"
)
"""Makes the terminal that of the process, so that Ctrl-C interrupts it, even in a run in the background."""
BOTH = {"command": "AppointOfficer", "on": "2009-01-01", "officer": "both", "roles": ["ttl", "finance"]}
AUTHORISED = on_grant("AuthorisePayment", "2017-09-03", "cash", payment="P2")


@pytest.fixture
def queue(lived: Shell, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """Return a shell with a book in which P3 and P4 wait to be authorised, and P2 to be paid."""
    assert lived("record", lived.file([BOTH, *QUEUE, AUTHORISED])).code == 0
    monkeypatch.setattr(payment_run, "_is_on_terminal", lambda: True)
    return lived


def run(shell: Shell, monkeypatch: pytest.MonkeyPatch, officer: str, *answers: str, more: str = "") -> Result:
    """Answer the questions of a payment run; the end of the input is the end of the terminal."""
    monkeypatch.setattr("sys.stdin", StringIO("".join(f"{answer}\n" for answer in answers)))
    return shell("payment", "run", "--as", officer, "--on", "2017-09-08", *more.split())


def statuses(shell: Shell) -> dict[str, str]:
    rows = shell("--json", "payment", "list", "--as-of", "2017-09-08").rows
    return {row["payment"]: row["status"] for row in rows}


def test_each_payment_is_shown_and_confirmed_the_oldest_first(
    queue: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = run(queue, monkeypatch, "payer", "a", "", "p")
    assert ran.code == 0, ran.out
    assert "[a]uthorise, [r]eject, [s]kip (Enter), [q]uit" in ran.out
    assert [line for line in ran.out.splitlines() if line.startswith("G-1 P")] == [
        "G-1 P3  Learning about dairy",
        "G-1 P4  Learning about dairy",
        "G-1 P2  Learning about dairy",
    ]
    assert "authorised   900.00 USD by cash" in ran.out
    assert "undisbursed  12,000.00 USD \u2192 11,100.00 USD once paid" in ran.out
    assert "recorded: DisburseFunds as grant:G-1@" in ran.out
    assert ran.out.endswith(
        "1 authorised, 1 paid, 1 skipped, 1 for another officer; paid in all 900.00 USD\n"
    )
    assert statuses(queue) == {"P1": "disbursed", "P2": "disbursed", "P3": "authorised", "P4": "requested"}


def test_an_officer_is_asked_only_what_the_officer_may_decide(
    queue: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = run(queue, monkeypatch, "both", "r", "no invoice", "q")
    assert "G-1 P4" not in ran.out
    assert "1 rejected, 1 for another officer" in ran.out
    assert statuses(queue)["P3"] == "rejected"
    nobody = run(queue, monkeypatch, "leader")
    assert (nobody.code, "leader is ttl on 2017-09-08" in nobody.err) == (2, True)


def test_a_wrong_answer_is_asked_again_and_the_end_of_input_ends_the_run(
    queue: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = run(queue, monkeypatch, "cash", "yes", "pay", "a")
    assert ran.out.count("write one of: a, r, s, q") == 2
    assert ran.code == 130
    assert "1 authorised" in ran.out
    assert statuses(queue) == {"P1": "disbursed", "P2": "authorised", "P3": "authorised", "P4": "requested"}


def test_what_would_be_refused_cannot_be_chosen(queue: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    late = on_grant("AuthorisePayment", "2017-09-03", "cash", payment="P3")
    assert queue("record", queue.file([late])).code == 0
    monkeypatch.setattr("sys.stdin", StringIO("p\ns\ns\n"))
    words = ("payment", "run", "--as", "payer", "--on", "2019-06-01", "--status", "authorised")
    ran = queue(*words)
    assert "pay would be refused: DisbursementDeadlinePassed" in ran.out
    assert "write one of: r, s, q" in ran.out
    assert queue("--json", "audit", "refusals").rows == []


def test_a_payment_that_was_decided_on_a_later_day_is_not_asked_for(
    queue: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On 2 September P2 waited; it was authorised on the 3rd, so a run of the 2nd does not ask."""
    monkeypatch.setattr("sys.stdin", StringIO("s\ns\n"))
    ran = queue("payment", "run", "--as", "cash", "--on", "2017-09-02")
    assert [line.split()[1] for line in ran.out.splitlines() if line.startswith("G-1 P")] == ["P3", "P4"]


def test_without_a_terminal_it_says_what_programs_do(lived: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", StringIO("a\n"))
    ran = lived("payment", "run", "--as", "payer")
    assert (ran.code, "for programs there are payment list --json and record FILE" in ran.err) == (2, True)
    monkeypatch.setattr(payment_run, "_is_on_terminal", lambda: True)
    assert lived("--json", "payment", "run", "--as", "payer").code == 2


def test_an_interrupted_run_on_a_real_terminal_has_recorded_what_was_confirmed(queue: Shell) -> None:
    ours, theirs = pty.openpty()
    words = ("payment", "run", "--as", "payer", "--on", "2017-09-08", "--no-color")
    process = subprocess.Popen(
        [sys.executable, "-c", f"{OWN_TERMINAL}; {PROGRAM}", *words],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        env=queue.env(TERM="dumb", GRANTBOOK_BOOK=queue.book),
    )
    os.close(theirs)
    shown = _read_until(ours, "[q]uit")
    assert "G-1 P3" in shown
    os.write(ours, b"a\n")
    shown = _read_until(ours, "[q]uit")
    assert "recorded: AuthorisePayment as grant:G-1@" in shown
    _interrupt_until(ours, "interrupted")
    assert process.wait(20) == 130
    os.close(ours)
    assert statuses(queue) == {"P1": "disbursed", "P2": "authorised", "P3": "authorised", "P4": "requested"}


def _interrupt_until(terminal: int, expected: str) -> None:
    """Press Ctrl-C, as a person does, until the terminal shows the text.

    Python does not see a signal that comes just before it begins to wait for a line.
    """
    text = ""
    for _ in range(60):
        os.write(terminal, b"\x03")
        while select.select([terminal], [], [], 1)[0]:
            text += os.read(terminal, 4096).decode()
            if expected in text:
                return
    raise AssertionError(text)


def _read_until(terminal: int, expected: str) -> str:
    text = ""
    while expected not in text:
        ready, _, _ = select.select([terminal], [], [], 60)
        assert ready, text
        text += os.read(terminal, 4096).decode()
    return text


@pytest.mark.parametrize(
    ("payee", "shown"), [({"payee": None}, "MOA"), ({"payee": "The dairy"}, "The dairy")], ids=["id", "words"]
)
def test_the_page_names_the_payee_in_words_or_by_its_id(payee: dict[str, Any], shown: str) -> None:
    asked = g.request_payment("04-10", payee_institution="MOA", **payee)
    grant = given(g.register_institution("01-05"), EFFECTIVE, asked).grant
    assert ("payee", shown) in payment_run._fields(grant, grant.payments["P1"])
