"""The money of a book, added up again from its exported entries: with the standard library alone.

    grantbook audit entries > entries.jsonl
    python benchmarks/recompute.py entries.jsonl 2022-06-30

It shares no line with grantbook. It reads the rules of the book as its documentation states them:
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

getcontext().prec = 60
Event = dict[str, Any]


def read(lines: Iterable[str], known: int | None = None) -> dict[str, list[Event]]:
    """Each stream's events in force, in their order, as known at the position.

    What one command recorded at once is known at once.
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
    """Corrections applied, struck events left out, in order of (day, version)."""
    corrections = [event for event in events if event["kind"] == "EntryCorrected"]
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
        {**event, **reads[event["version"]]}
        for event in events
        if event["kind"] != "EntryCorrected" and event["version"] not in struck
    ]
    return sorted(kept, key=lambda event: (event["on"], event["version"]))


def amount(event: Event, field: str = "amount") -> Decimal:
    """Without its currency."""
    return Decimal(event[field].split()[0])


# ── grants ───────────────────────────────────────────────────────────────────────────────────

FLOWS = ("approved", "increased", "cancelled", "requested", "disbursed", "refunded", "overpaid")


Flow = tuple[str, str, Decimal, str | None]
"""Day, kind, amount, and the day of the flow that it takes back, if it does."""


def flows(events: list[Event]) -> Iterator[Flow]:
    """Each flow of a grant."""
    committed = Decimal(0)
    asked: dict[str, Decimal] = {}
    paid: dict[str, Decimal] = {}
    back: dict[str, Decimal] = defaultdict(Decimal)
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
            asked[event["payment"]], days["asked", event["payment"]] = amount(event), on
            yield on, "requested", amount(event), None
        elif kind == "PaymentRejected":
            yield on, "requested", -asked[event["payment"]], days["asked", event["payment"]]
        elif kind in ("FundsDisbursed", "IrregularPaymentRecorded"):
            paid[event["payment"]], days["paid", event["payment"]] = amount(event), on
            net += amount(event)
            yield on, "disbursed", amount(event), None
        elif kind == "PaymentFailed" and event["payment"] in paid:
            undone = paid.pop(event["payment"]) - back[event["payment"]]
            net -= undone
            yield on, "disbursed", -undone, days["paid", event["payment"]]
        elif kind == "RefundReceived":
            back[event["payment"]] += amount(event)
            net -= amount(event)
            yield on, "refunded", amount(event), days["paid", event["payment"]]
        if max(Decimal(0), net - committed) != overpaid:
            yield on, "overpaid", max(Decimal(0), net - committed) - overpaid, None
            overpaid = max(Decimal(0), net - committed)
        if ended and committed > net:  # an ended grant keeps nothing, also of what comes back later
            yield on, "cancelled", committed - net, None
            committed = net


def sums(flows: Iterable[Flow], on: str) -> dict[str, Decimal]:
    """The nine amounts of the disbursement report, of the flows until the day."""
    by = dict.fromkeys(FLOWS, Decimal(0))
    for day, kind, amount_, _ in flows:
        if day <= on:
            by[kind] += amount_
    by["committed"] = by["approved"] + by["increased"] - by["cancelled"]
    by["net_disbursed"] = by["disbursed"] - by["refunded"]
    by["undisbursed"] = by["committed"] - by["net_disbursed"] + by["overpaid"]
    return by


def traits(events: list[Event], on: str) -> Event | None:
    """A grant's terms and stage on the day; nothing where it was not proposed yet."""
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


def shared(whole: Decimal, weights: dict[str | None, Decimal]) -> dict[str | None, Decimal]:
    """The amount pro rata to the weights, exactly; nobody's if there are none."""
    weights = {name: weight for name, weight in weights.items() if weight > 0}
    total = sum(weights.values())
    return {name: whole * weight / total for name, weight in weights.items()} if total else {None: whole}


def counted(now: Event) -> bool:
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
        streams = read(lines, known)
        self.fund = streams.get("fund", [])
        events = {
            name.removeprefix("grant:"): one for name, one in streams.items() if name.startswith("grant:")
        }
        self.traits = {name: now for name, one in events.items() if (now := traits(one, on))}
        self.events = {name: events[name] for name in self.traits}
        self.flows = {name: list(flows(one)) for name, one in self.events.items()}
        self.all_flows = {name: list(flows(one)) for name, one in events.items()}
        self.by_grant = {name: sums(flows, on) for name, flows in self.flows.items()}

    def by(self, key: str) -> dict[str | None, dict[str, Decimal]]:
        """The nine amounts by a trait, or by a period of the flows; by partner not rounded."""
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
        """Each partner's exact part of each flow: drawn from what it then has left, paid from the draws."""
        groups: dict[str | None, list[Flow]] = defaultdict(list)
        left: dict[str | None, Decimal] = defaultdict(Decimal)
        income = Decimal(0)
        drawn: dict[str, dict[str | None, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        paid: dict[str, dict[str | None, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        over: dict[str, Decimal] = defaultdict(Decimal)
        asked: dict[str, dict[str | None, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        for day, kind, grant, moved in self._moves():
            whole = moved
            unpaid = {name: share - paid[grant][name] for name, share in drawn[grant].items()}
            if kind == "received":
                left[grant] += whole  # here the name is the partner's
                continue
            if kind == "income":
                income += whole
                continue
            if kind in ("approved", "increased", "fee"):
                if kind == "fee":
                    first = min(whole, max(income, Decimal(0)))
                    income, whole = income - first, whole - first
                covered = min(whole, sum(part for part in left.values() if part > 0))
                parts = shared(covered, left) if covered else {}
                parts[None] = whole - covered
                income -= parts[None]
                for name, part in parts.items():
                    left[name] -= part if name is not None else 0
                    drawn[grant][name] += part
                taken = min(whole, over[grant])  # what was overpaid moves to the new draws
                over[grant] -= taken
                for name, part in shared(taken, parts).items():
                    paid[grant][name] += part
                    groups[name].append((day, "disbursed", part, None))
                groups[None].append((day, "disbursed", -taken, None))
            elif kind == "cancelled":
                parts = shared(whole, unpaid)
                for name, part in parts.items():
                    left[name] += part if name is not None else 0
                    drawn[grant][name] -= part
            elif kind == "requested":
                open_ = unpaid if sum(unpaid.values()) > Decimal("0.001") else drawn[grant]
                parts = shared(whole, asked[grant] if whole < 0 else open_)
                for name, part in parts.items():
                    asked[grant][name] += part
            else:
                takes = kind == "disbursed" and whole > 0
                sign = -1 if kind == "disbursed" and whole < 0 else 1
                beyond = max(abs(whole) - sum(unpaid.values()), Decimal(0)) if takes else Decimal(0)
                beyond = beyond if takes else min(abs(whole), over[grant])
                over[grant] += beyond if takes else -beyond
                parts = shared(whole - sign * beyond, unpaid if takes else paid[grant])
                for name, part in parts.items():
                    paid[grant][name] += part if kind == "disbursed" else -part
                parts[None] = parts.get(None, Decimal(0)) + sign * beyond
            if kind != "fee" and day <= self.on:
                for name, part in parts.items():
                    groups[name].append((day, kind, part, None))
        return groups

    def _moves(self) -> list[tuple[str, str, str, Decimal]]:
        """Day, kind, grant (or partner) and amount of all money, in order of day and version of the fund."""
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
        for grant, own in self.all_flows.items():
            on, place = "", 0
            for number, (day, kind, whole, _) in enumerate(own, 1):
                if kind == "overpaid":
                    continue
                on, place = day, place if day == on else 0
                versions = versions_of[grant, day, kind != "cancelled"]
                if kind in ("approved", "increased", "cancelled") and versions:
                    place = max(place, versions.pop(0))
                moves.append((day, place, number, kind, grant, whole))
        return [(day, kind, name, whole) for day, _, _, kind, name, whole in sorted(moves)]

    def days(self) -> dict[str, int]:
        """From each grant's proposal to the day asked for, or to its end."""
        ends = ("declined", "withdrawn", "lapsed", "cancelled")
        days = {}
        for name, events in self.events.items():
            first = date.fromisoformat(events[0]["on"])
            until = next((f["on"] for f in events if STAGES.get(f["kind"]) in ends), self.on)
            days[name] = (date.fromisoformat(min(until, self.on)) - first).days
        return days

    def follow_ups(self) -> tuple[int, Decimal]:
        """How many were agreed, and the money found for them."""
        past = [event for events in self.events.values() for event in events if event["on"] <= self.on]
        financed = sum((amount(event) for event in past if event["kind"] == "FollowUpFinanced"), Decimal(0))
        return sum(event["kind"] == "FollowUpAgreed" for event in past), financed

    def surveys(self) -> int:
        """How many surveys were recorded."""
        return sum(
            event["kind"] == "ClientSurveyRecorded" and event["on"] <= self.on
            for events in self.events.values()
            for event in events
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
        for event in self.fund:
            if event["on"] > self.on:
                continue
            if event["kind"] == "InstalmentReceived":
                worth = "holding_amount" if event.get("holding_amount") else "amount"
                totals["received_holding"] += amount(event, worth)
            elif event["kind"] in kinds:
                totals[kinds[event["kind"]]] += amount(event)
        totals["committed"] = sum((one["committed"] for one in self.by_grant.values()), Decimal(0))
        totals["available"] = (
            totals["received_holding"]
            + totals["income"]
            - totals["fees"]
            - totals["returned"]
            - totals["committed"]
            - sum(one["overpaid"] for one in self.by_grant.values())
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
        for name, events in self.events.items():
            for event in events:
                if event["kind"] == "ActivityHeld" and event["on"] <= self.on:
                    activities.add((name, event["activity"]))
                    for who in event.get("participants", ()):
                        people += sum(who.get(part, 0) for part in ("women", "men", "not_stated"))
        return len(activities), people

    def outcomes(self) -> dict[str, int]:
        """How many grants achieved each outcome."""
        by_outcome: dict[str, set[str]] = defaultdict(set)
        for name, events in self.events.items():
            for event in events:
                if event["kind"] == "OutcomesReported" and event["on"] <= self.on:
                    for outcome in event.get("outcomes", ()):
                        by_outcome[outcome].add(name)
        return {outcome: len(grants) for outcome, grants in by_outcome.items()}

    def selected(self) -> dict[str, Decimal]:
        """What each call's grants were approved for, less what never became effective."""
        by_call: dict[str, Decimal] = defaultdict(Decimal)
        for name, now in self.traits.items():
            if now.get("call") and counted(now):
                by_call[now["call"]] += self.by_grant[name]["approved"]
        return by_call

    def beside(self) -> dict[str, Decimal]:
        """Co-financing and costs that have a worth in dollars."""
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
