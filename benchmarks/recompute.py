"""Adds up the money of a book again from its exported entries, with the standard library alone.

    grantbook audit entries > entries.jsonl
    python benchmarks/recompute.py entries.jsonl 2022-06-30

It shares no line with grantbook. It applies the rules that the documentation states:
corrections apply from the corrected entry's day, entries count in order of (day, version), and nothing is
ordered by a clock.
"""

import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal, getcontext
from typing import Any

from partners import Partners

getcontext().prec = 60
Event = dict[str, Any]


def read(lines: Iterable[str], known: int | None = None) -> dict[str, list[Event]]:
    """Return each stream's events in force, in their order, as known at the position.

    All entries of a command are known if its first one is.
    """
    streams: dict[str, list[Event]] = defaultdict(list)
    last = None
    for line in lines:
        row = json.loads(line)
        command = row["command_id"]
        if known is None or row["position"] <= known or command == last:
            last = command
            event = {name: value for name, value in row["stored"].items() if name != "actor"}
            event["kind"] = row["topic"].partition(".")[0]
            event["version"] = row["version"]
            streams[row["stream"]].append(event)
    return {name: in_force(events) for name, events in streams.items()}


def in_force(events: list[Event]) -> list[Event]:
    """Return the events with corrections applied, without struck ones, in order of (day, version)."""
    corrections = [event for event in events if event["kind"] == "EntryCorrected"]
    void = set()
    for correction in reversed(corrections):  # a correction can be struck by a later one
        if correction.get("struck") and correction["version"] not in void:
            void.add(correction["entry"])
    struck, reads = set(), defaultdict(dict)
    for correction in corrections:
        if correction["version"] in void:
            continue
        if correction.get("struck"):
            struck.add(correction["entry"])
        else:
            reads[correction["entry"]] |= correction["reads"]
    kept = [
        {**event, **reads[event["version"]]}
        for event in events
        if event["kind"] != "EntryCorrected" and event["version"] not in struck
    ]
    return sorted(kept, key=lambda event: (event["on"], event["version"]))


def amount(event: Event, field: str = "amount") -> Decimal:
    """Return the number of an amount, without its currency."""
    return Decimal(event[field].split()[0])


# ── grants ───────────────────────────────────────────────────────────────────────────────────

FLOWS = ("approved", "increased", "cancelled", "requested", "disbursed", "refunded", "overpaid")


Flow = tuple[str, str, Decimal, str | None]
"""Day, kind, amount, and the day of the flow that it takes back, if any."""


def flows(events: list[Event]) -> Iterator[Flow]:
    """Yield each flow of a grant's money."""
    committed = Decimal(0)
    requested: dict[str, Decimal] = {}
    paid: dict[str, Decimal] = {}
    refunded: dict[str, Decimal] = defaultdict(Decimal)
    days: dict[tuple[str, str], str] = {}
    net, ended, overpaid = Decimal(0), False, Decimal(0)
    for event in events:
        kind, on = event["kind"], event["on"]
        if kind == "GrantApproved":
            committed += amount(event)
            yield on, "approved", amount(event), None
        elif kind == "CommitmentIncreased":
            committed += amount(event)
            yield on, "increased", amount(event), None
        elif kind == "BalanceCancelled":
            committed -= amount(event)
            yield on, "cancelled", amount(event), None
        elif kind in ("GrantLapsed", "GrantCancelled"):
            ended = True
        elif kind == "PaymentRequested":
            requested[event["payment"]], days["requested", event["payment"]] = amount(event), on
            yield on, "requested", amount(event), None
        elif kind == "PaymentRejected":
            yield on, "requested", -requested[event["payment"]], days["requested", event["payment"]]
        elif kind in ("FundsDisbursed", "IrregularPaymentRecorded"):
            paid[event["payment"]], days["paid", event["payment"]] = amount(event), on
            net += amount(event)
            yield on, "disbursed", amount(event), None
        elif kind == "PaymentFailed" and event["payment"] in paid:
            undone = paid.pop(event["payment"]) - refunded[event["payment"]]
            net -= undone
            yield on, "disbursed", -undone, days["paid", event["payment"]]
        elif kind == "RefundReceived":
            refunded[event["payment"]] += amount(event)
            net -= amount(event)
            yield on, "refunded", amount(event), days["paid", event["payment"]]
        if max(Decimal(0), net - committed) != overpaid:
            yield on, "overpaid", max(Decimal(0), net - committed) - overpaid, None
            overpaid = max(Decimal(0), net - committed)
        if ended and committed > net:  # an ended grant keeps no money, not even a later refund
            yield on, "cancelled", committed - net, None
            committed = net


def sums(flows: Iterable[Flow], on: str) -> dict[str, Decimal]:
    """Return the nine amounts of the disbursement report, of the flows until the day."""
    by = dict.fromkeys(FLOWS, Decimal(0))
    for day, kind, amount_, _ in flows:
        if day <= on:
            by[kind] += amount_
    by["committed"] = by["approved"] + by["increased"] - by["cancelled"]
    by["net_disbursed"] = by["disbursed"] - by["refunded"]
    by["undisbursed"] = by["committed"] - by["net_disbursed"] + by["overpaid"]
    return by


def traits(events: list[Event], on: str) -> Event | None:
    """Return a grant's terms and stage on the day; `None` if it was not proposed yet."""
    now: Event = {}
    for event in events:
        if event["on"] > on:
            break
        if event["kind"] == "GrantProposed":
            now = {"stage": "proposed", "approved": False, "effective": False, "operation": None} | event
        elif event["kind"] in ("ProposalRevised", "GrantRestructured"):
            names = ("window", "sector", "recipients", "providers", "operation", "call")
            now |= {name: event[name] for name in names if event.get(name) is not None}
        stage = STAGES.get(event["kind"])
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


def is_counted(now: Event) -> bool:
    """Return whether a grant was approved and did not end before it became effective."""
    return now["approved"] and (now["effective"] or now["stage"] not in ("lapsed", "cancelled"))


def fiscal_year(day: str, start: int) -> str:
    """Return the fiscal year of a day, named after the year in which it ends."""
    year, month = int(day[:4]), int(day[5:7])
    return f"FY{year + (start > 1 and month >= start)}"


PERIODS = {
    "calendar-year": lambda day, _: f"CY{day[:4]}",
    "quarter": lambda day, _: f"{day[:4]}Q{(int(day[5:7]) + 2) // 3}",
    "fiscal-year": fiscal_year,
}


class Book:
    """The figures that the reports must have."""

    def __init__(self, lines: Iterable[str], on: str, known: int | None = None) -> None:
        self.on = on
        streams = read(lines, known)
        self.fund = streams.get("fund", [])
        events = {
            name.removeprefix("grant:"): stream
            for name, stream in streams.items()
            if name.startswith("grant:")
        }
        self.traits = {name: now for name, stream in events.items() if (now := traits(stream, on))}
        self.events = {name: events[name] for name in self.traits}
        self.flows = {name: list(flows(stream)) for name, stream in self.events.items()}
        self.all_flows = {name: list(flows(stream)) for name, stream in events.items()}
        self.by_grant = {name: sums(flows, on) for name, flows in self.flows.items()}

    def by(self, key: str) -> dict[str | None, dict[str, Decimal]]:
        """Return the nine amounts by a trait, by a period of the flows, or by partner without rounding."""
        groups: dict[str | None, list[Flow]] = defaultdict(list)
        if key == "partner":
            return {name: sums(flows, self.on) for name, flows in self._by_partner().items()}
        start = next(
            (event["fiscal_year_start"] for event in self.fund if event["kind"] == "FundEstablished"), 1
        )
        for name, flows in self.flows.items():
            if key in PERIODS:
                for flow in flows:
                    if flow[0] <= self.on:
                        groups[PERIODS[key](flow[0], start)].append(flow)
            else:
                groups[self.traits[name][key]] += flows
        return {name: sums(flows, self.on) for name, flows in groups.items()}

    def _by_partner(self) -> dict[str | None, list[Flow]]:
        """Return each partner's exact part of each flow."""
        groups: dict[str | None, list[Flow]] = defaultdict(list)
        partners = Partners()
        for day, kind, name, moved in self._moves():
            for flow, parts in partners.move(kind, name, moved):
                for partner, part in parts.items():
                    groups[partner].append((day, flow, part, None))
        return groups

    def _moves(self) -> list[tuple[str, str, str, Decimal]]:
        """Return day, kind, grant (or partner) and amount of all money, by day and version of the fund."""
        moves: list[tuple[str, int, int, str, str, Decimal]] = []
        versions_of: dict[tuple[str, str, bool], list[int]] = defaultdict(list)
        for event in self.fund:
            kind, key = event["kind"], (event["on"], event["version"], 0)
            if kind in ("InstalmentReceived", "FundsReturned"):
                worth = amount(event, "holding_amount" if event.get("holding_amount") else "amount")
                signed = worth if kind == "InstalmentReceived" else -worth
                moves.append((*key, "received", event["partner"], signed))
            elif kind in ("IncomeCredited", "FeeCharged"):
                moves.append((*key, "income" if kind == "IncomeCredited" else "fee", "", amount(event)))
            elif kind in ("FundsCommitted", "CommitmentIncreased", "CommitmentReleased"):
                versions_of[event["grant"], event["on"], kind != "CommitmentReleased"].append(
                    event["version"]
                )
        for grant, flows in self.all_flows.items():
            on, version = "", 0
            for number, (day, kind, moved, _) in enumerate(flows, 1):
                if kind == "overpaid":
                    continue
                on, version = day, version if day == on else 0
                versions = versions_of[grant, day, kind != "cancelled"]
                if kind in ("approved", "increased", "cancelled") and versions:
                    version = max(version, versions.pop(0))
                moves.append((day, version, number, kind, grant, moved))
        return [(day, kind, name, moved) for day, _, _, kind, name, moved in sorted(moves)]

    def days(self) -> dict[str, int]:
        """Return the number of days from each grant's proposal to the day of the report, or to its end."""
        ends = ("declined", "withdrawn", "lapsed", "cancelled")
        days = {}
        for name, events in self.events.items():
            first = date.fromisoformat(events[0]["on"])
            until = next((event["on"] for event in events if STAGES.get(event["kind"]) in ends), self.on)
            days[name] = (date.fromisoformat(min(until, self.on)) - first).days
        return days

    def follow_ups(self) -> tuple[int, Decimal]:
        """Return how many follow-ups were agreed, and the money found for them."""
        past = [event for events in self.events.values() for event in events if event["on"] <= self.on]
        financed = sum((amount(event) for event in past if event["kind"] == "FollowUpFinanced"), Decimal(0))
        return sum(event["kind"] == "FollowUpAgreed" for event in past), financed

    def surveys(self) -> int:
        """Return how many surveys were recorded."""
        return sum(
            event["kind"] == "ClientSurveyRecorded" and event["on"] <= self.on
            for events in self.events.values()
            for event in events
        )

    def answers(self, call: str) -> tuple[int, int, int, int]:
        """Return how many proposals a call has: all, selected, declined, withdrawn."""
        proposals = [now for now in self.traits.values() if now.get("call") == call]
        stages = [now["stage"] for now in proposals]
        selected = sum(is_counted(now) for now in proposals)
        return len(proposals), selected, stages.count("declined"), stages.count("withdrawn")

    def fund_totals(self) -> dict[str, Decimal]:
        """Return the totals in the last row of the fund report."""
        totals: dict[str, Decimal] = defaultdict(Decimal)
        kinds = {"FeeCharged": "fees", "IncomeCredited": "income", "FundsReturned": "returned"}
        for event in self.fund:
            if event["on"] > self.on:
                continue
            if event["kind"] == "InstalmentReceived":
                worth = "holding_amount" if event.get("holding_amount") else "amount"
                totals["received_holding"] += amount(event, worth)
            elif event["kind"] in kinds:
                totals[kinds[event["kind"]]] += amount(event)
        totals["committed"] = sum((sums["committed"] for sums in self.by_grant.values()), Decimal(0))
        totals["available"] = (
            totals["received_holding"]
            + totals["income"]
            - totals["fees"]
            - totals["returned"]
            - totals["committed"]
            - sum(sums["overpaid"] for sums in self.by_grant.values())
        )
        return totals

    def countries(self) -> tuple[int, int, int]:
        """Return how many countries receive, provide, and do both."""
        receive, provide = set(), set()
        for now in self.traits.values():
            if is_counted(now):
                receive |= set(now["recipients"]) - {"ZZ"}
                provide |= set(now["providers"]) - {"ZZ"}
        return len(receive), len(provide), len(receive & provide)

    def held(self) -> tuple[int, int]:
        """Return how many activities were held, and how many people took part."""
        activities, people = set(), 0
        for name, events in self.events.items():
            for event in events:
                if event["kind"] == "ActivityHeld" and event["on"] <= self.on:
                    activities.add((name, event["activity"]))
                    for group in event.get("participants", ()):
                        people += sum(group.get(part, 0) for part in ("women", "men", "not_stated"))
        return len(activities), people

    def outcomes(self) -> dict[str, int]:
        """Return how many grants achieved each outcome."""
        by_outcome: dict[str, set[str]] = defaultdict(set)
        for name, events in self.events.items():
            for event in events:
                if event["kind"] == "OutcomesReported" and event["on"] <= self.on:
                    for outcome in event.get("outcomes", ()):
                        by_outcome[outcome].add(name)
        return {outcome: len(grants) for outcome, grants in by_outcome.items()}

    def selected(self) -> dict[str, Decimal]:
        """Return the approved amount of each call's grants, without those that were never effective."""
        by_call: dict[str, Decimal] = defaultdict(Decimal)
        for name, now in self.traits.items():
            if now.get("call") and is_counted(now):
                by_call[now["call"]] += self.by_grant[name]["approved"]
        return by_call

    def beside(self) -> dict[str, Decimal]:
        """Return co-financing and costs that have a worth in dollars."""
        totals: dict[str, Decimal] = defaultdict(Decimal)
        for events in self.events.values():
            for event in events:
                if event["kind"] in ("CoFinancingRecorded", "CostRecorded") and event["on"] <= self.on:
                    worth = event.get("holding_amount") or event["amount"]
                    if worth.endswith(" USD"):
                        totals["cost" if event["kind"] == "CostRecorded" else "cofinancing"] += Decimal(
                            worth[:-4]
                        )
        return totals


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
