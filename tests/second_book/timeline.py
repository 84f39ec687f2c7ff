"""The status of obligations on a day, computed row by row from the specification's table of obligations."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from second_book.basics import (
    LATEST,
    Context,
    Event,
    State,
    committed,
    days_later,
    months_later,
    needs_agreement,
    no_grant,
    overpaid,
    undisbursed,
)
from second_book.grant import apply_event
from second_book.payments import outstanding

Status = tuple[str, int]
Key = tuple[str, str | None]
NEXT_STAGE = {
    "ProposeGrant": "P",
    "AnswerElsewhere": "R",
    "RequestFunding": "R",
    "ReturnProposal": "P",
    "ApproveGrant": "A",
    "SignAgreement": "S",
    "MakeEffective": "E",
    "CompleteImplementation": "F",
    "CloseGrant": "C",
    "ReopenGrant": "F",
    "CancelGrant": "X",
    **dict.fromkeys(("DeclineProposal", "WithdrawProposal", "LapseGrant"), "-"),
}
MET_IN = {
    "clearance": "PR",
    "review": "R",
    "signature": "A",
    "effectiveness": "AS",
    "first_activity": "EF",
    "activity": "EF",
}
MET_IN |= {
    "advance": "EF",
    "inactivity": "E",
    "implementation": "E",
    "progress_report": "EF",
    "completion_report": "EF",
}
MET_IN |= {"closure": "F", "disbursement_deadline": "EFCX", "follow_up": "EFC"}
MET_IN |= dict.fromkeys(("client_survey", "results_story", "development_outcome"), "FC")
PAYING = ("DisburseFunds", "RecordIrregularPayment")


class Step(NamedTuple):
    """An event, and the grant's state after it."""

    event: Event
    stage: str
    """The stage after it."""
    edition: State | None
    """The edition that governs after it."""
    window: str
    waived_until: str
    balance: Decimal
    overpaid: Decimal
    net: Decimal
    promised: bool
    execution: str
    advances: dict[str, Decimal]
    """What of each advance is outstanding."""

    def needs_agreement(self, edition: State) -> bool:
        """Return whether the edition asks for an agreement of a grant that is executed as this one."""
        return needs_agreement({"execution": self.execution}, edition)


def days_between(first: str, last: str) -> int:
    """Return the number of days from the first to the last."""
    return (date.fromisoformat(last) - date.fromisoformat(first)).days


def end_of(span: dict[str, Any], day: str, times: int = 1) -> str:
    """Return the end of an edition's span from the day."""
    if "days" in span:
        return days_later(day, span["days"] * times)
    return months_later(day, (span.get("months") or 12 * span["years"]) * times)


def timeline(events: list[Event], on: str, book: Context, editions: list[State]) -> dict[Key, Status]:
    """Return the status of each obligation of a grant at the end of a day, from its events in force."""
    return dict(
        Day(list(steps_of([event for event in events if event["on"] <= on], book)), on, editions).all()
    )


def steps_of(events: list[Event], book: Context) -> Iterator[Step]:
    """Yield each event with the state after it."""
    state, stage, promised = no_grant(), "", False
    for event in with_earlier_lives(events):
        if not event.get("elsewhere"):
            for _ in apply_event(state, event, book):
                pass
        elif not state["stage"]:
            for _ in apply_event(state, events[0], book):
                pass
        stage = NEXT_STAGE.get(event["command"], stage)
        promised = promised or any(amount > 0 for _, amount in state["commitments"])
        edition = book.edition(state["edition"]) if state["edition"] else None
        net = state["disbursed"] - state["refunded"]
        yield Step(
            event,
            stage,
            edition,
            state["window"],
            state["waived_until"],
            undisbursed(state),
            overpaid(state),
            net,
            promised,
            state["execution"],
            {name: outstanding(p) for name, p in state["payments"].items() if p.get("method") == "advance"},
        )
        assert committed(state) - net == undisbursed(state) - overpaid(state)


def with_earlier_lives(events: list[Event]) -> list[Event]:
    """Return the events; before a grant that is brought forward, those of the life that it says it had."""
    first = events[0]
    if first["command"] != "BringForward":
        return events
    ends = {"declined": "DeclineProposal", "withdrawn": "WithdrawProposal"}
    ends |= {"lapsed": "LapseGrant", "cancelled": "CancelGrant"}
    life = [
        ("AnswerElsewhere", first["on"]),
        ("ApproveGrant", first.get("approved_on")),
        ("SignAgreement", first.get("signed_on")),
        ("MakeEffective", first.get("effective_on")),
        ("CompleteImplementation", first.get("completed_on")),
        ("AcceptCompletionReport", first.get("report_accepted_on")),
        ("CloseGrant", first.get("closed_on")),
        (ends.get(first["stage"]), first.get("ended_on") if first.get("approved_on") else first["on"]),
    ]
    beside = {"elsewhere": True, "closing_date": first.get("closing_date")}
    earlier = [{"command": name, "on": day, **beside} for name, day in life if name and day]
    return [*earlier, {**first, "elsewhere": True, "command": "BringForward"}, *events[1:]]


class Day:
    """A grant's life up to a day, and its obligations then."""

    def __init__(self, steps: list[Step], on: str, editions: list[State]) -> None:
        self.steps, self.on, self.editions = steps, on, editions
        self.now = steps[-1]
        forward = self.indexes("BringForward")
        self.begins = forward[0] if forward else 0
        self.since = self.day(forward[0]) if forward else ""
        self.approved = self.last_index("ApproveGrant")
        self.signed = self.last_index("SignAgreement")
        self.effective = self.last_index("MakeEffective")

    def last_index(self, *names: str) -> int | None:
        """Return the index of the last event of these commands."""
        return max((i for i, step in enumerate(self.steps) if step.event["command"] in names), default=None)

    def indexes(self, *names: str, **fields: Any) -> list[int]:
        """Return the indexes of the events of these commands with these fields."""
        return [
            i
            for i, step in enumerate(self.steps)
            if step.event["command"] in names
            and all(step.event.get(name) == value for name, value in fields.items())
        ]

    def day(self, index: int) -> str:
        """Return the day of the event at the index."""
        return str(self.steps[index].event["on"])

    def waived(self, name: str, item: str | None, before: int | None = None) -> bool:
        """Return whether a waiver names the item, or the obligation without an item."""
        return any(
            self.steps[i].event.get("item") in (None, item)
            for i in self.indexes("WaiveObligation", obligation=name)
            if before is None or i < before
        )

    def left(self, name: str, *, started: bool = True) -> str | None:
        """Return the day on which the grant left for good the stages in which the obligation can be met."""
        left_on, stage = None, ""
        for step in self.steps:
            new_stage, stages = step.stage, MET_IN[name]
            if new_stage != stage:
                if new_stage in stages and (started or new_stage != "X"):
                    left_on = None
                elif left_on is None and ((stage and stage in stages) or new_stage in "X-"):
                    left_on = step.event["on"]
            stage = new_stage
        return left_on

    def status(self, name: str, item: str | None, due: str | None, met: str | None) -> Status:
        """Return the status by the list of domain §6."""
        if self.since and (due or met or self.since) < self.since:
            return "not_applicable", 0
        if met is not None:
            return ("met_late", days_between(due, met)) if due is not None and met > due else ("met", 0)
        if self.waived(name, item):
            return "waived", 0
        if left := self.left(name, started=due is not None):
            return (
                ("missed", days_between(due, left))
                if due is not None and left > due
                else ("not_applicable", 0)
            )
        if due is None:
            return "not_started", 0
        if self.on > due:
            return "overdue", days_between(due, self.on)
        return ("due_soon" if days_between(self.on, due) <= 30 else "upcoming"), 0

    def span(self, name: str, index: int | None = None) -> dict[str, Any] | None:
        """Return the obligation's span in the edition that governs after the event at the index, or now."""
        edition = self.governing(self.steps[index] if index is not None else self.now)
        span: dict[str, Any] | None = (edition or {}).get("obligations", {}).get(name)
        return span

    def governing(self, step: Step) -> Any:
        """Return the edition that governs after the step; before approval, that of its day or its end."""
        ended = self.last_index("DeclineProposal", "WithdrawProposal")
        day = step.event["on"] if ended is None else min(step.event["on"], self.day(ended))
        held = [edition for edition in self.editions if edition["from"] <= day]
        return step.edition or (held[-1] if held else None)

    # ── the table ────────────────────────────────────────────────────────────────────────────

    def all(self) -> Iterator[tuple[Key, Status]]:
        """Yield the status of each obligation of the table."""
        yield from self.clearances()
        yield from self.review()
        yield from self.agreement()
        yield from self.activities()
        yield from self.implementation()
        yield from self.payments()
        yield from self.advances()
        yield from self.reports()
        yield from self.deadlines()
        yield from self.afterwards()
        yield from self.follow_ups()
        yield from self.closure()

    def clearances(self) -> Iterator[tuple[Key, Status]]:
        """Yield each step that runs, or was answered: silence meets it, if nobody spoke by its due date."""
        running: dict[str, tuple[str, bool]] = {}
        for index in self.indexes("ProposeGrant", "RequestFunding"):
            before = "request" if index == 0 else "approval"
            for step in (self.edition_of(self.day(index)) or {}).get("clearances", []):
                if step["before"] == before:
                    due = days_later(self.day(index), step["days"])
                    running[step["step"]] = (due, step.get("no_objection", False))
        answered = {self.steps[i].event["step"]: self.day(i) for i in reversed(self.indexes("ClearProposal"))}
        for name in {**running, **answered}:
            due, silence = running.get(name, (LATEST, False))
            met = answered.get(name)
            left = self.left("clearance", started=name in running)
            if met is None and silence and due < self.on and not (left and left <= due):
                met = due
            due_on = due if name in running else None
            yield ("clearance", name), self.status("clearance", name, due_on, met)

    def edition_of(self, day: str) -> Any:
        """Return the edition in force on the day."""
        held = [edition for edition in self.editions if edition["from"] <= day]
        return held[-1] if held else None

    def review(self) -> Iterator[tuple[Key, Status]]:
        requested = self.last_index("RequestFunding")
        span = self.span("review", 0 if self.begins else requested)
        if span is None:
            return
        due = met = None
        if requested is not None:
            due, returned = (
                end_of(span, self.day(requested)),
                [i for i in self.indexes("ReturnProposal") if i > requested],
            )
            met = next(
                (self.day(i) for i in self.indexes("ApproveGrant", "DeclineProposal") if i > requested), None
            )
            met = None if returned else met
        yield ("review", None), self.status("review", None, due, met)

    def agreement(self) -> Iterator[tuple[Key, Status]]:
        approved, signed, begun = self.approved, self.signed, self.effective
        governs = self.governing(self.steps[begun] if begun is not None else self.now)
        needed = bool(governs and self.now.needs_agreement(governs))
        met_under = None  # the first edition with this obligation that governed from the signature on
        if signed is not None:
            until = len(self.steps) if begun is None else begun + 1
            asking = (i for i in range(signed, until) if self.asks_agreement(i))
            met_under = next(asking, None)
        span = self.span("signature", begun if met_under is None else met_under)
        if span is not None and (needed or met_under is not None):
            due = end_of(span, self.day(approved)) if approved is not None else None
            met = self.day(signed) if signed is not None else None
            yield ("signature", None), self.status("signature", None, due, met)
        span = self.span("effectiveness", begun)
        if span is not None:
            base = signed if needed else approved
            due = end_of(span, self.day(base)) if base is not None else None
            met = self.day(begun) if begun is not None else None
            yield ("effectiveness", None), self.status("effectiveness", None, due, met)

    def asks_agreement(self, index: int) -> bool:
        """Return whether the edition that governs after the event asks for an agreement."""
        return self.steps[index].needs_agreement(self.governing(self.steps[index]))

    def activities(self) -> Iterator[tuple[Key, Status]]:
        held, begun = self.indexes("HoldActivity"), self.effective
        if (span := self.span("first_activity", held[0] if held else None)) is not None:
            due = end_of(span, self.day(begun)) if begun is not None else None
            met = min((self.steps[i].event["ends"] for i in held), default=None)
            yield ("first_activity", None), self.status("first_activity", None, due, met)
        for planned in self.indexes("PlanActivity"):
            name = self.steps[planned].event["activity"]
            ended = self.indexes("HoldActivity", "CancelActivity", activity=name)
            moved = [
                i for i in self.indexes("RescheduleActivity", activity=name) if not ended or i < ended[0]
            ]
            due = self.steps[[planned, *moved][-1]].event["ends"]
            days = [self.steps[i].event.get("ends") or self.day(i) for i in ended]
            yield ("activity", name), self.status("activity", name, due, min(days, default=None))

    def implementation(self) -> Iterator[tuple[Key, Status]]:
        ended, begun = self.last_index("CompleteImplementation"), self.effective
        step = self.steps[ended] if ended is not None else self.now
        edition = self.governing(step)
        months = (edition or {"windows": {}})["windows"].get(step.window, {}).get("max_months")
        if months is None:
            return
        due = None
        if begun is not None:
            due = max(months_later(self.day(begun), months), step.waived_until)
        met = self.day(ended) if ended is not None else None
        yield ("implementation", None), self.status("implementation", None, due, met)

    def payments(self) -> Iterator[tuple[Key, Status]]:
        """Yield the items of inactivity: each has a trigger and the payment that met it, if any."""
        items: list[list[int | None]] = []
        for i, step in enumerate(self.steps):
            if step.stage != "E":
                continue
            name, is_asked = step.event["command"], self.span("inactivity", i) is not None
            is_open = bool(items) and items[-1][1] is None
            if name in PAYING and is_open:
                items[-1][1] = i
            begins = i == (self.begins or self.effective)
            if is_asked and (begins or (name in PAYING and is_open)):
                items.append([i, None])
            if is_asked and name == "RestructureGrant" and not is_open:
                items.append([i, None])
        for number, (trigger, met) in enumerate(items, start=1):
            span = self.span("inactivity", met)
            if span is not None and trigger is not None:
                item, paid = str(number), self.day(met) if met is not None else None
                status = self.status("inactivity", item, end_of(span, self.day(trigger)), paid)
                yield ("inactivity", item), status if self.now.promised else ("not_applicable", 0)

    def advances(self) -> Iterator[tuple[Key, Status]]:
        """Yield the documentation of each advance: met on the first day on which nothing is outstanding."""
        over = len(self.steps)
        while (
            over
            and self.now.stage not in MET_IN["advance"]
            and (self.steps[over - 1].stage not in MET_IN["advance"])
        ):
            over -= 1
        for paid in self.indexes("DisburseFunds", "RecordIrregularPayment"):
            name = self.steps[paid].event["payment"]
            if name not in self.steps[paid].advances or not self.steps[paid].edition:
                continue
            settled = (i for i in range(paid, over) if not self.steps[i].advances[name])
            met = next(settled, None)
            days = self.governing(self.steps[met] if met is not None else self.now).get("advance_days")
            if days:
                due = days_later(self.day(paid), days["value"])
                status = self.status("advance", name, due, self.day(met) if met is not None else None)
                yield ("advance", name), status

    def reports(self) -> Iterator[tuple[Key, Status]]:
        """Yield the progress reports. Items begin in stage effective; a report meets the first open item."""
        name, begun = "progress_report", self.effective
        if begun is None:
            return
        base, years = self.day(begun), dict[int, list[Any]]()  # by number: trigger, place of the report
        for i, step in enumerate(self.steps[begun:], start=begun):
            if i > begun and self.steps[i - 1].stage == "E":
                self.begin(years, base, self.day(i), i - 1)
            span = self.span(name, i)
            if span and step.stage == "E" and not years:
                number = next(n for n in range(1, 999) if end_of(span, base, n) >= self.day(i))
                years[number] = [end_of(span, base, number - 1) if number > 1 else base, None]
            if step.event["command"] == "ReportProgress" and span:
                open_items = [
                    n for n, (trigger, met) in years.items() if met is None and trigger < self.day(i)
                ]
                open_items = [n for n in open_items if end_of(span, base, n) >= self.since]
                if open_items := [n for n in open_items if not self.waived(name, str(n), i)]:
                    years[open_items[0]][1] = i
        if self.now.stage == "E":
            self.begin(years, base, days_later(self.on, 1), len(self.steps) - 1)
        for number, (_, met) in years.items():
            span = self.span(name, met)
            if span is not None and end_of(span, base, number) >= self.since:
                item, day = str(number), self.day(met) if met is not None else None
                yield (name, item), self.status(name, item, end_of(span, base, number), day)

    def begin(self, years: dict[int, list[Any]], base: str, day: str, index: int) -> None:
        """Add the years that begin before the day: each begins when the report of the year before is due."""
        while years:
            number = max(years)
            met = years[number][1]
            span = self.span("progress_report", index if met is None else met)
            if span is None or self.span("progress_report", index) is None:
                return
            if (due := end_of(span, base, number)) >= day:
                return
            years[number + 1] = [due, None]

    def deadline(self) -> str | None:
        """Return the disbursement deadline: the closing date and its grace."""
        closing = [
            self.steps[i].event["closing_date"] for i in self.indexes("MakeEffective", "ExtendClosingDate")
        ]
        return months_later(closing[-1], 4) if closing else None

    def deadlines(self) -> Iterator[tuple[Key, Status]]:
        name, deadline = "disbursement_deadline", self.deadline()
        if not self.now.promised and self.approved is not None:
            yield (name, None), ("not_applicable", 0)
            return
        if self.effective is None or deadline is None:
            yield (name, None), self.status(name, None, None, None)
            return
        items: list[list[str | None]] = [[None, deadline, None]]
        begins = self.begins or self.effective
        net = self.steps[begins].net
        for step in self.steps[begins:]:
            back, net = step.net < net, step.net
            more, day = step.event["command"] == "IncreaseCommitment", step.event["on"]
            if not step.promised:
                continue
            if items[-1][2] and (back or more) and step.stage != "X":
                items.append([str(len(items) + 1), max(deadline, months_later(day, 4)), None])
            if not items[-1][2] and not step.balance and (items[-1][0] is None or not step.overpaid):
                items[-1][2] = day
        for item, due, met in items:
            yield (name, item), self.status(name, item, due, met)

    def afterwards(self) -> Iterator[tuple[Key, Status]]:
        ended, closes = (
            self.last_index("CompleteImplementation"),
            self.indexes("MakeEffective", "ExtendClosingDate"),
        )
        for name, command in (
            ("completion_report", "AcceptCompletionReport"),
            ("client_survey", "RecordClientSurvey"),
            ("results_story", "PublishResultsStory"),
        ):
            if (span := self.span(name)) is None:
                continue
            base = self.day(ended) if ended is not None else None
            if name == "completion_report":
                base = self.steps[closes[-1]].event["closing_date"] if closes else None
            events = [(self.day(i), self.steps[i].event) for i in self.indexes(command)]
            met = next((day for day, event in events if event.get("kind") != "team_leaders"), None)
            yield (name, None), self.status(name, None, end_of(span, base) if base else None, met)
        if (span := self.span("development_outcome")) is not None:
            name = "development_outcome"
            outcome = next((i for i in self.indexes("RecordDevelopmentOutcome")), None)
            closed = self.last_index("CloseGrant") if self.now.stage == "C" else None
            if outcome is not None:
                before = [i for i in self.indexes("CloseGrant") if i < outcome]
                closed = before[-1] if before else next(iter(self.indexes("CloseGrant")), None)
                if before and self.steps[outcome].stage != "C":
                    closed = next((i for i in self.indexes("CloseGrant") if i > outcome), None)
            due = end_of(span, self.day(closed)) if closed is not None else None
            met = self.day(outcome) if outcome is not None else None
            yield (name, None), self.status(name, None, due, met)

    def follow_ups(self) -> Iterator[tuple[Key, Status]]:
        for agreed in self.indexes("AgreeFollowUp"):
            item, due = self.steps[agreed].event["follow_up"], self.steps[agreed].event["due"]
            if self.indexes("DropFollowUp", follow_up=item):
                yield ("follow_up", item), ("not_applicable", 0)
                continue
            met = next((self.day(i) for i in self.indexes("CompleteFollowUp", follow_up=item)), None)
            yield ("follow_up", item), self.status("follow_up", item, due, met)

    def closure(self) -> Iterator[tuple[Key, Status]]:
        span, deadline = self.span("closure"), self.deadline()
        if span is None:
            return
        due = met = None
        if deadline is not None:
            bases, report = [deadline], self.span("completion_report")
            closing = self.indexes("MakeEffective", "ExtendClosingDate")[-1]
            bases += [end_of(report, self.steps[closing].event["closing_date"])] if report else []
            bases += [self.day(i) for i in self.indexes("ReopenGrant")]
            due = end_of(span, max(bases))
            met = self.day(closed) if (closed := self.last_index("CloseGrant")) is not None else None
            met = met if self.now.stage == "C" else None
        yield ("closure", None), self.status("closure", None, due, met)
