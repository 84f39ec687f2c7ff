"""The money of a book, added up again from its exported entries: with the standard library alone.

    grantbook audit entries > entries.jsonl
    python benchmarks/recompute.py entries.jsonl 2022-06-30

It shares no line with grantbook. It reads the rules of the book as its documentation tells them:
corrections apply from the corrected entry's day, entries count in order of (day, version), and nothing is
ordered by a clock.
"""

import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import ROUND_FLOOR, Decimal
from typing import Any

Fact = dict[str, Any]
ENVELOPE = ("recorded_at", "recorder", "command_id", "note", "actor")


def read(lines: Iterable[str], known: int | None = None) -> dict[str, list[Fact]]:
    """Each stream's facts in force, in their order, as known at the position.

    What one command recorded at once is known at once.
    """
    streams: dict[str, list[Fact]] = defaultdict(list)
    last = None
    for line in lines:
        row = json.loads(line)
        command = row["stored"]["command_id"]
        if known is None or row["position"] <= known or command == last:
            last = command
            fact = {name: value for name, value in row["stored"].items() if name not in ENVELOPE}
            fact["kind"] = row["topic"].partition(".")[0]
            fact["version"] = row["version"]
            streams[row["stream"]].append(fact)
    return {name: in_force(facts) for name, facts in streams.items()}


def in_force(facts: list[Fact]) -> list[Fact]:
    """Corrections applied, struck facts left out, in order of (day, version)."""
    corrections = [fact for fact in facts if fact["kind"] == "EntryCorrected"]
    void = set()
    for one in reversed(corrections):  # a correction can be struck by a later one
        if one.get("struck") and one["version"] not in void:
            void.add(one["entry"])
    struck, reads = set(), defaultdict(dict)
    for one in corrections:
        if one["version"] in void:
            continue
        if one.get("struck"):
            struck.add(one["entry"])
        else:
            reads[one["entry"]] |= one["reads"]
    kept = [
        {**fact, **reads[fact["version"]]}
        for fact in facts
        if fact["kind"] != "EntryCorrected" and fact["version"] not in struck
    ]
    return sorted(kept, key=lambda fact: (fact["on"], fact["version"]))


def amount(fact: Fact, field: str = "amount") -> Decimal:
    """Without its currency."""
    return Decimal(fact[field].split()[0])


# ── grants ───────────────────────────────────────────────────────────────────────────────────

FLOWS = ("approved", "increased", "cancelled", "requested", "disbursed", "refunded")


Flow = tuple[str, str, Decimal, str | None]
"""Day, kind, amount, and the day of the flow that it takes back, if it does."""


def flows(facts: list[Fact]) -> Iterator[Flow]:
    """Each flow of a grant."""
    committed = Decimal(0)
    asked: dict[str, Decimal] = {}
    paid: dict[str, Decimal] = {}
    back: dict[str, Decimal] = defaultdict(Decimal)
    days: dict[tuple[str, str], str] = {}
    net, ended = Decimal(0), False
    for fact in facts:
        kind, on = fact["kind"], fact["on"]
        if kind == "GrantApproved":
            committed += amount(fact)
            yield on, "approved", amount(fact), None
        elif kind == "CommitmentIncreased":
            committed += amount(fact)
            yield on, "increased", amount(fact), None
        elif kind == "BalanceCancelled":
            committed -= amount(fact)
            yield on, "cancelled", amount(fact), None
        elif kind in ("GrantLapsed", "GrantCancelled"):
            ended = True
        elif kind == "PaymentRequested":
            asked[fact["payment"]], days["asked", fact["payment"]] = amount(fact), on
            yield on, "requested", amount(fact), None
        elif kind == "PaymentRejected":
            yield on, "requested", -asked[fact["payment"]], days["asked", fact["payment"]]
        elif kind in ("FundsDisbursed", "IrregularPaymentRecorded"):
            paid[fact["payment"]], days["paid", fact["payment"]] = amount(fact), on
            net += amount(fact)
            yield on, "disbursed", amount(fact), None
        elif kind == "PaymentFailed" and fact["payment"] in paid:
            undone = paid.pop(fact["payment"]) - back[fact["payment"]]
            net -= undone
            yield on, "disbursed", -undone, days["paid", fact["payment"]]
        elif kind == "RefundReceived":
            back[fact["payment"]] += amount(fact)
            net -= amount(fact)
            yield on, "refunded", amount(fact), days["paid", fact["payment"]]
        if ended and committed != net:  # an ended grant keeps nothing, also of what comes back later
            yield on, "cancelled", committed - net, None
            committed = net


def sums(found: Iterable[Flow], on: str) -> dict[str, Decimal]:
    """The nine amounts of the disbursement report, of the flows until the day."""
    by = dict.fromkeys(FLOWS, Decimal(0))
    for day, kind, amount_, _ in found:
        if day <= on:
            by[kind] += amount_
    by["committed"] = by["approved"] + by["increased"] - by["cancelled"]
    by["net_disbursed"] = by["disbursed"] - by["refunded"]
    by["undisbursed"] = by["committed"] - by["net_disbursed"]
    return by


def traits(facts: list[Fact], on: str) -> Fact | None:
    """A grant's terms and stage on the day; nothing where it was not proposed yet."""
    now: Fact = {}
    for fact in facts:
        if fact["on"] > on:
            break
        if fact["kind"] == "GrantProposed":
            now = {"stage": "proposed", "approved": False, "effective": False, "operation": None} | fact
        elif fact["kind"] in ("ProposalRevised", "GrantRestructured"):
            names = ("window", "sector", "recipients", "providers", "operation", "call")
            now |= {name: fact[name] for name in names if fact.get(name) is not None}
        stage = STAGES.get(fact["kind"])
        if stage is not None:
            now["stage"] = stage
        now["approved"] = now["approved"] or stage == "approved"
        now["effective"] = now["effective"] or stage == "effective"
    return now or None


STAGES = {
    "FundingRequested": "requested",
    "ProposalReturned": "proposed",
    "GrantApproved": "approved",
    "ProposalDeclined": "declined",
    "ProposalWithdrawn": "withdrawn",
    "AgreementSigned": "signed",
    "GrantMadeEffective": "effective",
    "GrantLapsed": "lapsed",
    "GrantCancelled": "cancelled",
    "ImplementationCompleted": "follow_up",
    "GrantClosed": "closed",
    "GrantReopened": "follow_up",
}


CENT = Decimal("0.01")


def parts(whole: Decimal, weights: dict[str, Decimal]) -> dict[str, Decimal]:
    """The amount in whole cents as the weights are; what is left over goes to the largest remainders."""
    weights = {name: weight for name, weight in weights.items() if weight > 0}
    total, size = sum(weights.values()), abs(whole)
    exact = {name: size * weight / total for name, weight in weights.items()}
    found = {name: part.quantize(CENT, ROUND_FLOOR) for name, part in exact.items()}
    left = int((size - sum(found.values())) / CENT)
    for name in sorted(exact, key=lambda name: (found[name] - exact[name], name))[:left]:
        found[name] += CENT
    return {name: part.copy_sign(whole) for name, part in found.items()}


def counted(now: Fact) -> bool:
    """Approved, and it did not end before it became effective."""
    return now["approved"] and (now["effective"] or now["stage"] not in ("lapsed", "cancelled"))


def fiscal(day: str, start: int) -> str:
    """The fiscal year of a day, named after the year in which it ends."""
    year, month = int(day[:4]), int(day[5:7])
    return f"FY{year + (start > 1 and month >= start)}"


PERIODS = {
    "calendar-year": lambda day, _: f"CY{day[:4]}",
    "quarter": lambda day, _: f"{day[:4]}Q{(int(day[5:7]) + 2) // 3}",
    "fiscal-year": fiscal,
}


class Book:
    """Everything that the reports are held against."""

    def __init__(self, lines: Iterable[str], on: str, known: int | None = None) -> None:
        self.on = on
        self._known_parts: dict[str, dict[str, Decimal]] = {}
        streams = read(lines, known)
        self.fund = streams.get("fund", [])
        facts = {
            name.removeprefix("grant:"): one for name, one in streams.items() if name.startswith("grant:")
        }
        self.traits = {name: now for name, one in facts.items() if (now := traits(one, on))}
        self.facts = {name: facts[name] for name in self.traits}
        self.flows = {name: list(flows(one)) for name, one in self.facts.items()}
        self.by_grant = {name: sums(found, on) for name, found in self.flows.items()}

    def by(self, key: str) -> dict[str, dict[str, Decimal]]:
        """The nine amounts by a trait, or by a period of the flows."""
        groups: dict[str, list[Flow]] = defaultdict(list)
        if key == "partner":
            return {name: sums(found, self.on) for name, found in self._by_partner().items()}
        start = next(
            (fact["fiscal_year_start"] for fact in self.fund if fact["kind"] == "FundEstablished"), 1
        )
        for name, found in self.flows.items():
            if key in PERIODS:
                for flow in found:
                    if flow[0] <= self.on:
                        groups[PERIODS[key](flow[0], start)].append(flow)
            else:
                groups[self.traits[name][key]] += found
        return {name: sums(found, self.on) for name, found in groups.items()}

    def _by_partner(self) -> dict[str, list[Flow]]:
        """Each flow in parts as partners had paid in by its day; a cancellation as what was committed."""
        groups: dict[str, list[Flow]] = defaultdict(list)
        for found in self.flows.values():
            held: dict[str, Decimal] = defaultdict(Decimal)
            for day, kind, amount_, follows in found:
                if day > self.on:
                    continue
                weights = held if kind == "cancelled" else self._paid_in(follows or day)
                for partner, part in parts(amount_, weights).items():
                    groups[partner].append((day, kind, part, None))
                    if kind in ("approved", "increased"):
                        held[partner] += part
                    elif kind == "cancelled":
                        held[partner] -= part
        return groups

    def _paid_in(self, day: str) -> dict[str, Decimal]:
        """What each partner had paid in by the end of the day, less what was returned to it."""
        if day not in self._known_parts:
            found: dict[str, Decimal] = defaultdict(Decimal)
            for fact in self.fund:
                if fact["on"] <= day and fact["kind"] in ("InstalmentReceived", "FundsReturned"):
                    worth = amount(fact, "holding_amount" if fact.get("holding_amount") else "amount")
                    found[fact["partner"]] += worth if fact["kind"] == "InstalmentReceived" else -worth
            self._known_parts[day] = found
        return self._known_parts[day]

    def days(self) -> dict[str, int]:
        """From each grant's proposal to the day asked for, or to its end."""
        ends = ("declined", "withdrawn", "lapsed", "cancelled")
        found = {}
        for name, facts in self.facts.items():
            first = date.fromisoformat(facts[0]["on"])
            until = next((f["on"] for f in facts if STAGES.get(f["kind"]) in ends), self.on)
            found[name] = (date.fromisoformat(min(until, self.on)) - first).days
        return found

    def follow_ups(self) -> tuple[int, Decimal]:
        """How many were agreed, and what was found for them."""
        told = [fact for facts in self.facts.values() for fact in facts if fact["on"] <= self.on]
        found = sum((amount(fact) for fact in told if fact["kind"] == "FollowUpFinanced"), Decimal(0))
        return sum(fact["kind"] == "FollowUpAgreed" for fact in told), found

    def surveys(self) -> int:
        """How many surveys were recorded."""
        return sum(
            fact["kind"] == "ClientSurveyRecorded" and fact["on"] <= self.on
            for facts in self.facts.values()
            for fact in facts
        )

    def answers(self, call: str) -> tuple[int, int, int, int]:
        """A call's proposals: all, selected, declined, withdrawn."""
        mine = [now for now in self.traits.values() if now.get("call") == call]
        stages = [now["stage"] for now in mine]
        selected = sum(counted(now) for now in mine)
        return len(mine), selected, stages.count("declined"), stages.count("withdrawn")

    def fund_totals(self) -> dict[str, Decimal]:
        """What the last row of the fund report says."""
        totals: dict[str, Decimal] = defaultdict(Decimal)
        kinds = {"FeeCharged": "fees", "IncomeCredited": "income", "FundsReturned": "returned"}
        for fact in self.fund:
            if fact["on"] > self.on:
                continue
            if fact["kind"] == "InstalmentReceived":
                worth = "holding_amount" if fact.get("holding_amount") else "amount"
                totals["received_holding"] += amount(fact, worth)
            elif fact["kind"] in kinds:
                totals[kinds[fact["kind"]]] += amount(fact)
        totals["committed"] = sum((one["committed"] for one in self.by_grant.values()), Decimal(0))
        totals["available"] = (
            totals["received_holding"]
            + totals["income"]
            - totals["fees"]
            - totals["returned"]
            - totals["committed"]
        )
        return totals

    def countries(self) -> tuple[int, int, int]:
        """How many receive, provide, and do both."""
        receive, provide = set(), set()
        for now in self.traits.values():
            if counted(now):
                receive |= set(now["recipients"]) - {"ZZ"}
                provide |= set(now["providers"]) - {"ZZ"}
        return len(receive), len(provide), len(receive & provide)

    def held(self) -> tuple[int, int]:
        """Activities held, and people who took part."""
        activities, people = set(), 0
        for name, facts in self.facts.items():
            for fact in facts:
                if fact["kind"] == "ActivityHeld" and fact["on"] <= self.on:
                    activities.add((name, fact["activity"]))
                    for who in fact.get("participants", ()):
                        people += sum(who.get(part, 0) for part in ("women", "men", "not_stated"))
        return len(activities), people

    def outcomes(self) -> dict[str, int]:
        """How many grants achieved each outcome."""
        found: dict[str, set[str]] = defaultdict(set)
        for name, facts in self.facts.items():
            for fact in facts:
                if fact["kind"] == "OutcomesReported" and fact["on"] <= self.on:
                    for outcome in fact.get("outcomes", ()):
                        found[outcome].add(name)
        return {outcome: len(grants) for outcome, grants in found.items()}

    def selected(self) -> dict[str, Decimal]:
        """What each call's grants were approved for, less what never became effective."""
        found: dict[str, Decimal] = defaultdict(Decimal)
        for name, now in self.traits.items():
            if now.get("call") and counted(now):
                found[now["call"]] += self.by_grant[name]["approved"]
        return found

    def beside(self) -> dict[str, Decimal]:
        """Co-financing and costs that have a worth in dollars."""
        found: dict[str, Decimal] = defaultdict(Decimal)
        for facts in self.facts.values():
            for fact in facts:
                if fact["kind"] in ("CoFinancingRecorded", "CostRecorded") and fact["on"] <= self.on:
                    worth = fact.get("holding_amount") or fact["amount"]
                    if worth.endswith(" USD"):
                        found["cost" if fact["kind"] == "CostRecorded" else "cofinancing"] += Decimal(
                            worth[:-4]
                        )
        return found


def main() -> None:
    """Print the totals of a file of entries on a day."""
    with open(sys.argv[1], encoding="utf-8") as file:  # noqa: PTH123 plain for a stranger
        book = Book(file, sys.argv[2])
    for name, total in book.fund_totals().items():
        print(f"{name:<18}{total:>20,}")
    for key in ("window", "sector", "fiscal-year"):
        print(f"\nby {key}")
        for name, row in sorted(book.by(key).items()):
            print(f"  {name:<24}{row['committed']:>18,}{row['net_disbursed']:>18,}")


if __name__ == "__main__":
    main()
