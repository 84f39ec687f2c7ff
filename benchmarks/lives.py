"""Made-up lives of grants, as commands, for benchmarks and for tests that need many commands.

    python benchmarks/lives.py --commands 100000 --seed 1 > lives.jsonl
    grantbook init BOOK --name Lives --currency USD --fiscal-year-start 7 --on 2008-10-01 --as admin
    grantbook --book BOOK --as admin record lives.jsonl

First come officers, partners and their money, then whole lives of 12 to 18 commands. One in seven
ends early, one in ten has an entry that arrives late, one in twenty a correction. A new
book with the shipped editions, whose first administrator is ``admin``, accepts every command. The
same seed gives the same lives with the same command ids.
"""

import argparse
import json
import random
import sys
import uuid
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import islice
from typing import Any

FOUNDED = "2008-10-01"
FIRST_DAY = date(2017, 1, 2)
LAST_PROPOSAL = date(2021, 6, 30)
"""A life that starts by this day ends before 2025."""
COUNTRIES = "BD BR CL CN CO ET GH HN IN KE LK MA MG MW MX NG NP PK RW SN TH TN TZ UG VN ZA".split()
SECTORS = "agriculture education energy health social_protection transport urban water".split()
INSTRUMENTS = "study_tour expert_visit video_conference workshop peer_consultation".split()
OUTCOMES = "raised_awareness enhanced_knowledge_and_skills enhanced_networks".split()
ROLES = {"ttl": 20, "secretariat": 3, "reviewer": 5, "approver": 3, "finance": 4}
PARTNERS = "CN CO DK IN MX NL ES RU GB".split()
MOST_A_GRANT = 150_000

Command = dict[str, Any]
Dated = tuple[date, Command]
"""A command with the day on which it reaches the book. That is later than its own day if it is late."""


def usd(amount: int) -> str:
    """Return an amount of dollars as commands write it."""
    return f"{amount}.00 USD"


def officers(role: str) -> list[str]:
    """Return the ids of a role's officers."""
    return [f"{role}-{number:02}" for number in range(1, ROLES[role] + 1)]


def founding(seed: int, most_grants: int) -> Iterator[Command]:
    """Yield the commands that appoint officers, and let partners join and pay enough for every grant."""
    share = usd(most_grants * MOST_A_GRANT // len(PARTNERS) + 1)
    commands: list[Command] = [
        {"command": "AppointOfficer", "actor": "admin", "officer": officer, "roles": [role]}
        for role in ROLES
        for officer in officers(role)
    ]
    for code in PARTNERS:
        partner_kind = "traditional" if code in ("DK", "NL", "ES", "GB") else "emerging"
        join = {"command": "JoinPartner", "actor": "secretariat-01", "partner": code, "name": code}
        money = {"actor": "finance-01", "partner": code, "amount": share}
        commands.append(join | {"kind": partner_kind})
        commands.append({"command": "PledgeContribution"} | money)
        commands.append({"command": "ReceiveInstalment"} | money)
    for number, command in enumerate(commands):
        yield {"command_id": _id(seed, "fund", number), "on": FOUNDED} | command


def _id(seed: int, stream: str, number: int) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"made-up lives {seed}:{stream}:{number}"))


class Life:
    """One grant's commands, in the order in which they reach the book."""

    def __init__(self, seed: int, number: int) -> None:
        self.seed = seed
        self.grant = f"MADE-{number:06}"
        self.dice = random.Random(f"{seed}:{number}")
        self.day = FIRST_DAY + timedelta(days=self.dice.randrange((LAST_PROPOSAL - FIRST_DAY).days))
        self.commands: list[Dated] = []
        self.cast = {role: self.dice.sample(officers(role), min(2, ROLES[role])) for role in ROLES}

    def wait(self, least: int, most: int) -> date:
        """Let some days pass."""
        self.day += timedelta(days=self.dice.randint(least, most))
        return self.day

    def add(self, command: str, role: str, on: date | None = None, second: int = 0, **fields: Any) -> int:
        """Add a command, dated today or ``on``, and return the version of its entry.

        ``second``: 1 if the second officer of the role acts.
        """
        number = len(self.commands) + 1
        words = {
            "command_id": _id(self.seed, self.grant, number),
            "command": command,
            "grant": self.grant,
            "on": str(on or self.day),
            "actor": self.cast[role][second],
        }
        self.commands.append((self.day, words | fields))
        return number

    # ── the stages ───────────────────────────────────────────────────────────────────────────

    def live(self) -> list[Dated]:
        """Return the commands of the whole life, from the proposal to one of its ends."""
        self.programmatic = self.dice.random() < 0.4
        self.amount = self.dice.randrange(20, MOST_A_GRANT // 1000 + 1) * 1000
        self.recipients = self.dice.sample(COUNTRIES, 2 if self.programmatic else self.dice.randint(1, 3))
        self.providers = self.dice.sample(COUNTRIES, self.dice.randint(1, 2))
        self._propose()
        end = self.dice.random()
        if end < 0.07:
            self.wait(5, 60)
            self.add("DeclineProposal", "approver", reason="Other proposals were more ready")
        elif end < 0.10:
            self.wait(5, 60)
            self.add("WithdrawProposal", "ttl", reason="The country has other plans")
        else:
            self._agree()
            if end < 0.14:
                self.wait(90, 200)
                self.add("CancelGrant", "approver", reason="The ministry was dissolved")
            else:
                self._exchange()
                self._finish()
        return self.commands

    def _propose(self) -> None:
        self.add(
            "ProposeGrant",
            "ttl",
            title=f"Learning from {' and '.join(self.providers)} about {self.dice.choice(SECTORS)}",
            window="programmatic" if self.programmatic else "stand_alone",
            recipients=self.recipients,
            providers=self.providers,
            sector=self.dice.choice(SECTORS),
            objective="Made up: a national strategy in each receiving country",
            outcomes_sought=self.dice.sample(OUTCOMES, 2),
            amount=usd(self.amount),
            months=24 if self.programmatic else 12,
        )
        self.wait(3, 30)
        self.add(
            "RequestFunding",
            "ttl",
            amount=usd(self.amount),
            budget=[
                {"line": "travel", "amount": usd(self.amount)},  # all payments are from this line
                {"line": "workshops", "amount": usd(0)},
            ],
            letters=[
                {"country": code, "ministry": f"Ministry of {code}", "dated": str(self.day)}
                for code in self.recipients
            ],
        )

    def _agree(self) -> None:
        self.wait(5, 20)
        scores = {name: self.dice.randint(2, 5) for name in ("demand_driven", "design", "readiness")}
        self.add("ReviewProposal", "reviewer", scores=scores, advice="approve")
        self.wait(1, 20)
        self.add("ApproveGrant", "approver", amount=usd(self.amount))
        self.wait(5, 80)
        self.add("SignAgreement", "secretariat")
        self.wait(5, 60)
        self.closing = self.day + timedelta(days=self.dice.randint(735, 900) if self.programmatic else 360)
        self.add("MakeEffective", "secretariat", closing_date=str(self.closing))

    def _exchange(self) -> None:
        self.paid = 0
        self.late_hold: date | None = None
        for number in range(1, 3 if self.programmatic or self.dice.random() < 0.3 else 2):
            name = f"A{number}"
            self.wait(5, 40)
            starts = self.day + timedelta(days=self.dice.randint(10, 40))
            ends = starts + timedelta(days=self.dice.randint(0, 12))
            days: Command = {"starts": str(starts), "ends": str(ends)}
            countries = sorted({*self.recipients, *self.providers})
            instrument = self.dice.choice(INSTRUMENTS)
            self.add("PlanActivity", "ttl", activity=name, instrument=instrument, countries=countries, **days)
            if number == 1:
                self._pay("P1", self.amount // 10 * self.dice.randint(5, 9))
            self.day = max(self.day, ends)
            self.add("HoldActivity", "ttl", activity=name, participants=self._participants(), **days)
        if self.dice.random() < 0.10:  # its report comes only after completion
            self.late_hold = self.wait(1, 5)

    def _participants(self) -> list[Command]:
        return [
            {"country": code, "women": self.dice.randint(1, 12), "men": self.dice.randint(1, 12)}
            for code in self.recipients
        ]

    def _pay(self, payment: str, amount: int) -> None:
        self.wait(1, 10)
        payee = self.dice.choice(("Travel agent", "Conference centre", "University"))
        self.add("RequestPayment", "ttl", payment=payment, payee=payee, category="travel", amount=usd(amount))
        self.wait(1, 5)
        self.add("AuthorisePayment", "finance", payment=payment)
        self.wait(1, 8)
        version = self.add("DisburseFunds", "finance", second=1, payment=payment, amount=usd(amount))
        self.paid += amount
        if self.dice.random() < 0.05:
            self.wait(1, 30)
            self.paid -= 500
            self.add(
                "CorrectEntry",
                "approver",
                second=1,
                entry=version,
                reads={"amount": usd(amount - 500)},
                reason="The advice of payment says 500 less",
            )

    def _finish(self) -> None:
        if self.dice.random() < 0.2:
            self.paid -= 1000
            self.wait(5, 20)
            self.add("RecordRefund", "finance", payment="P1", amount=usd(1000))
        self.wait(10, 60)
        self.add("CompleteImplementation", "ttl")
        if self.late_hold:
            on = str(self.late_hold)
            self.wait(1, 20)
            self.add(
                "HoldActivity",
                "ttl",
                on=self.late_hold,
                activity="A9",
                starts=on,
                ends=on,
                participants=self._participants(),
            )
        self.wait(5, 60)
        if self.dice.random() < 0.5:
            self.add("RecordClientSurvey", "secretariat", respondents=self.dice.randint(5, 40))
        self.wait(5, 60)
        self.add("SubmitCompletionReport", "ttl", summary="Made up: the exchange was held")
        self.wait(5, 30)
        self.add("AcceptCompletionReport", "secretariat")
        if self.amount > self.paid:
            self.add(
                "CancelBalance", "approver", amount=usd(self.amount - self.paid), reason="Unspent at closing"
            )
        if self.dice.random() < 0.8:
            self.wait(5, 120)
            self.add("CloseGrant", "approver")


def lives(commands: int, seed: int = 1, *, interleave: bool = False) -> Iterator[Command]:
    """Yield this number of commands: one life after the other, or all lives at once in the order of days."""
    most_grants = commands // 3 + 1
    start = list(islice(founding(seed, most_grants), commands))
    yield from start
    remaining = commands - len(start)
    all_lives = (dated for number in range(1, most_grants + 1) for dated in Life(seed, number).live())
    chosen: Iterable[Dated] = islice(all_lives, remaining)
    if interleave:
        chosen = sorted(chosen, key=lambda dated: dated[0])
    for _, command in chosen:
        yield command


def main() -> None:
    parser = argparse.ArgumentParser(description="Made-up lives of grants, as commands, one a line.")
    parser.add_argument("--commands", type=int, default=20_000, help="how many commands (20,000)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same lives")
    parser.add_argument("--interleave", action="store_true", help="all lives at once, in order of days")
    arguments = parser.parse_args()
    for command in lives(arguments.commands, arguments.seed, interleave=arguments.interleave):
        sys.stdout.write(json.dumps(command) + "\n")


if __name__ == "__main__":
    main()
