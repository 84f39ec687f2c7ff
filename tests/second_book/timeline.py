"""What is due when, straight from the table of obligations: each one looked up in the facts of a day."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from second_book.grant import Around, happens
from second_book.words import Fact, State, committed, months_later, overpaid, unborn, undisbursed

Status = tuple[str, int]
Key = tuple[str, str | None]
NEXT_STAGE = {
    "ProposeGrant": "P",
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
MET_IN = {"review": "R", "signature": "A", "effectiveness": "AS", "first_activity": "EF", "activity": "EF"}
MET_IN |= {"inactivity": "E", "implementation": "E", "progress_report": "EF", "completion_report": "EF"}
MET_IN |= {"closure": "F", "disbursement_deadline": "EFCX", "follow_up": "EFC"}
MET_IN |= dict.fromkeys(("client_survey", "results_story", "development_outcome"), "FC")
PAYING = ("DisburseFunds", "RecordIrregularPayment")


class Fold(NamedTuple):
    """A fact, and how the grant stood before it and after it."""

    fact: Fact
    stage: str
    """After it."""
    edition: State | None
    """That governs after it."""
    window: str
    waived_until: str
    balance: Decimal
    overpaid: Decimal
    net: Decimal
    promised: bool


def later(day: str, days: int) -> str:
    """The day that is this number of days later."""
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()


def between(first: str, last: str) -> int:
    """How many days."""
    return (date.fromisoformat(last) - date.fromisoformat(first)).days


def after(span: dict[str, Any], day: str, times: int = 1) -> str:
    """The end of a span of an edition."""
    if "days" in span:
        return later(day, span["days"] * times)
    return months_later(day, (span.get("months") or 12 * span["years"]) * times)


def timeline(facts: list[Fact], on: str, book: Around, editions: list[State]) -> dict[Key, Status]:
    """Every obligation of a grant at the end of a day, from its facts in force; under the known editions."""
    return dict(Day(list(folded([fact for fact in facts if fact["on"] <= on], book)), on, editions).all())


def folded(facts: list[Fact], book: Around) -> Iterator[Fold]:
    """The facts one by one, each with what it leads to."""
    s, stage, promised = unborn(), "", False
    for fact in facts:
        for _ in happens(s, fact, book):
            pass
        stage = NEXT_STAGE.get(fact["command"], stage)
        promised = promised or any(amount > 0 for _, amount in s["commitments"])
        edition = book.edition(s["edition"]) if s["edition"] else None
        net = s["disbursed"] - s["refunded"]
        yield Fold(
            fact, stage, edition, s["window"], s["waived_until"], undisbursed(s), overpaid(s), net, promised
        )
        assert committed(s) - net == undisbursed(s) - overpaid(s)


class Day:
    """A grant's life until a day."""

    def __init__(self, life: list[Fold], on: str, editions: list[State]) -> None:
        self.life, self.on, self.editions = life, on, editions
        self.now = life[-1]
        self.approved = self.last("ApproveGrant")
        self.signed = self.last("SignAgreement")
        self.effective = self.last("MakeEffective")

    def last(self, *names: str) -> int | None:
        """The place of the last such fact."""
        return max((i for i, one in enumerate(self.life) if one.fact["command"] in names), default=None)

    def those(self, *names: str, **said: Any) -> list[int]:
        """The places of such facts."""
        return [
            i
            for i, one in enumerate(self.life)
            if one.fact["command"] in names and all(one.fact.get(k) == v for k, v in said.items())
        ]

    def day(self, place: int) -> str:
        """On which it was."""
        return str(self.life[place].fact["on"])

    def waived(self, name: str, item: str | None, before: int | None = None) -> bool:
        """Somebody waived it, or all of them."""
        return any(
            self.life[i].fact.get("item") in (None, item)
            for i in self.those("WaiveObligation", obligation=name)
            if before is None or i < before
        )

    def left(self, name: str, *, started: bool = True) -> str | None:
        """The day on which the grant left the stages in which it can be met, and did not come back."""
        found, stage = None, ""
        for one in self.life:
            new, can = one.stage, MET_IN[name]
            if new != stage:
                if new in can and (started or new != "X"):
                    found = None
                elif found is None and ((stage and stage in can) or new in "X-"):
                    found = one.fact["on"]
            stage = new
        return found

    def status(self, name: str, item: str | None, due: str | None, met: str | None) -> Status:
        """As the list of §6 has it."""
        if met is not None:
            return ("met_late", between(due, met)) if due is not None and met > due else ("met", 0)
        if self.waived(name, item):
            return "waived", 0
        if left := self.left(name, started=due is not None):
            return ("missed", between(due, left)) if due is not None and left > due else ("not_applicable", 0)
        if due is None:
            return "not_started", 0
        if self.on > due:
            return "overdue", between(due, self.on)
        return ("due_soon" if between(self.on, due) <= 30 else "upcoming"), 0

    def span(self, name: str, place: int | None = None) -> dict[str, Any] | None:
        """The edition's, that governed after this fact, or now; before approval the day's edition counts."""
        edition = self.governing(self.life[place] if place is not None else self.now)
        found: dict[str, Any] | None = (edition or {}).get("obligations", {}).get(name)
        return found

    def governing(self, one: Fold) -> Any:
        """The edition that governs after the fact; before approval that of the day, or of its end."""
        ended = self.last("DeclineProposal", "WithdrawProposal")
        day = one.fact["on"] if ended is None else min(one.fact["on"], self.day(ended))
        held = [edition for edition in self.editions if edition["from"] <= day]
        return one.edition or (held[-1] if held else None)

    # ── the table ────────────────────────────────────────────────────────────────────────────

    def all(self) -> Iterator[tuple[Key, Status]]:
        """Every row."""
        yield from self.review()
        yield from self.agreement()
        yield from self.activities()
        yield from self.implementation()
        yield from self.payments()
        yield from self.reports()
        yield from self.deadlines()
        yield from self.afterwards()
        yield from self.follow_ups()
        yield from self.closure()

    def review(self) -> Iterator[tuple[Key, Status]]:
        asked = self.last("RequestFunding")
        span = self.span("review", asked)
        if span is None:
            return
        due = met = None
        if asked is not None:
            due, back = after(span, self.day(asked)), [i for i in self.those("ReturnProposal") if i > asked]
            met = next(
                (self.day(i) for i in self.those("ApproveGrant", "DeclineProposal") if i > asked), None
            )
            met = None if back else met
        yield ("review", None), self.status("review", None, due, met)

    def agreement(self) -> Iterator[tuple[Key, Status]]:
        approved, signed, begun = self.approved, self.signed, self.effective
        governs = self.governing(self.life[begun] if begun is not None else self.now)
        needed = bool(governs and governs["agreement_required"])
        met_under = None  # the first to ask for it of the editions that governed from the signature on
        if signed is not None:
            until = len(self.life) if begun is None else begun + 1
            asking = (i for i in range(signed, until) if self.governing(self.life[i])["agreement_required"])
            met_under = next(asking, None)
        span = self.span("signature", begun if met_under is None else met_under)
        if span is not None and (needed or met_under is not None):
            due = after(span, self.day(approved)) if approved is not None else None
            met = self.day(signed) if signed is not None else None
            yield ("signature", None), self.status("signature", None, due, met)
        span = self.span("effectiveness", begun)
        if span is not None:
            base = signed if needed else approved
            due = after(span, self.day(base)) if base is not None else None
            met = self.day(begun) if begun is not None else None
            yield ("effectiveness", None), self.status("effectiveness", None, due, met)

    def activities(self) -> Iterator[tuple[Key, Status]]:
        held, begun = self.those("HoldActivity"), self.effective
        if (span := self.span("first_activity", held[0] if held else None)) is not None:
            due = after(span, self.day(begun)) if begun is not None else None
            met = min((self.life[i].fact["ends"] for i in held), default=None)
            yield ("first_activity", None), self.status("first_activity", None, due, met)
        for planned in self.those("PlanActivity"):
            name = self.life[planned].fact["activity"]
            ended = self.those("HoldActivity", "CancelActivity", activity=name)
            moved = [i for i in self.those("RescheduleActivity", activity=name) if not ended or i < ended[0]]
            due = self.life[[planned, *moved][-1]].fact["ends"]
            days = [self.life[i].fact.get("ends") or self.day(i) for i in ended]
            yield ("activity", name), self.status("activity", name, due, min(days, default=None))

    def implementation(self) -> Iterator[tuple[Key, Status]]:
        ended, begun = self.last("CompleteImplementation"), self.effective
        one = self.life[ended] if ended is not None else self.now
        edition = self.governing(one)
        months = (edition or {"windows": {}})["windows"].get(one.window, {}).get("max_months")
        if months is None:
            return
        due = None
        if begun is not None:
            due = max(months_later(self.day(begun), months), one.waived_until)
        met = self.day(ended) if ended is not None else None
        yield ("implementation", None), self.status("implementation", None, due, met)

    def payments(self) -> Iterator[tuple[Key, Status]]:
        """An item is its trigger and what met it; none is asked for while the edition has no days."""
        items: list[list[int | None]] = []
        for i, one in enumerate(self.life):
            if one.stage != "E":
                continue
            name, asked = one.fact["command"], self.span("inactivity", i) is not None
            waits = bool(items) and items[-1][1] is None
            if name in PAYING and waits:
                items[-1][1] = i
            if asked and (i == self.effective or (name in PAYING and waits)):
                items.append([i, None])
            if asked and name == "RestructureGrant" and not waits:
                items.append([i, None])
        for number, (trigger, met) in enumerate(items, start=1):
            span = self.span("inactivity", met)
            if span is not None and trigger is not None:
                item, paid = str(number), self.day(met) if met is not None else None
                status = self.status("inactivity", item, after(span, self.day(trigger)), paid)
                yield ("inactivity", item), status if self.now.promised else ("not_applicable", 0)

    def reports(self) -> Iterator[tuple[Key, Status]]:
        """Items begin while the grant is effective; a report goes to the first open one that it may meet."""
        name, begun = "progress_report", self.effective
        if begun is None:
            return
        base, years = self.day(begun), dict[int, list[Any]]()  # by number: trigger, place of the report
        for i, one in enumerate(self.life[begun:], start=begun):
            if i > begun and self.life[i - 1].stage == "E":
                self.begin(years, base, self.day(i), i - 1)
            span = self.span(name, i)
            if span and one.stage == "E" and not years:
                number = next(n for n in range(1, 999) if after(span, base, n) >= self.day(i))
                years[number] = [after(span, base, number - 1) if number > 1 else base, None]
            if one.fact["command"] == "ReportProgress" and span:
                may = [n for n, (trigger, met) in years.items() if met is None and trigger < self.day(i)]
                if may := [n for n in may if not self.waived(name, str(n), i)]:
                    years[may[0]][1] = i
        if self.now.stage == "E":
            self.begin(years, base, later(self.on, 1), len(self.life) - 1)
        for number, (_, met) in years.items():
            if (span := self.span(name, met)) is not None:
                item, day = str(number), self.day(met) if met is not None else None
                yield (name, item), self.status(name, item, after(span, base, number), day)

    def begin(self, years: dict[int, list[Any]], base: str, day: str, place: int) -> None:
        """The years that begin before the day: each when the report of the one before is due."""
        while years:
            number = max(years)
            met = years[number][1]
            span = self.span("progress_report", place if met is None else met)
            if span is None or self.span("progress_report", place) is None:
                return
            if (due := after(span, base, number)) >= day:
                return
            years[number + 1] = [due, None]

    def deadline(self) -> str | None:
        """The end of paying: the closing date with its grace."""
        closing = [
            self.life[i].fact["closing_date"] for i in self.those("MakeEffective", "ExtendClosingDate")
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
        net = self.life[self.effective].net
        for one in self.life[self.effective :]:
            back, net = one.net < net, one.net
            more, day = one.fact["command"] == "IncreaseCommitment", one.fact["on"]
            if not one.promised:
                continue
            if items[-1][2] and (back or more) and one.stage != "X":
                items.append([str(len(items) + 1), max(deadline, months_later(day, 4)), None])
            if not items[-1][2] and not one.balance and (items[-1][0] is None or not one.overpaid):
                items[-1][2] = day
        for item, due, met in items:
            yield (name, item), self.status(name, item, due, met)

    def afterwards(self) -> Iterator[tuple[Key, Status]]:
        ended, closes = self.last("CompleteImplementation"), self.those("MakeEffective", "ExtendClosingDate")
        for name, command in (
            ("completion_report", "AcceptCompletionReport"),
            ("client_survey", "RecordClientSurvey"),
            ("results_story", "PublishResultsStory"),
        ):
            if (span := self.span(name)) is None:
                continue
            base = self.day(ended) if ended is not None else None
            if name == "completion_report":
                base = self.life[closes[-1]].fact["closing_date"] if closes else None
            met = next((self.day(i) for i in self.those(command)), None)
            yield (name, None), self.status(name, None, after(span, base) if base else None, met)
        if (span := self.span("development_outcome")) is not None:
            name = "development_outcome"
            told = next((i for i in self.those("RecordDevelopmentOutcome")), None)
            closed = self.last("CloseGrant") if self.now.stage == "C" else None
            if told is not None:
                before = [i for i in self.those("CloseGrant") if i < told]
                closed = before[-1] if before else next(iter(self.those("CloseGrant")), None)
                if before and self.life[told].stage != "C":
                    closed = next((i for i in self.those("CloseGrant") if i > told), None)
            due = after(span, self.day(closed)) if closed is not None else None
            met = self.day(told) if told is not None else None
            yield (name, None), self.status(name, None, due, met)

    def follow_ups(self) -> Iterator[tuple[Key, Status]]:
        for agreed in self.those("AgreeFollowUp"):
            item, due = self.life[agreed].fact["follow_up"], self.life[agreed].fact["due"]
            if self.those("DropFollowUp", follow_up=item):
                yield ("follow_up", item), ("not_applicable", 0)
                continue
            met = next((self.day(i) for i in self.those("CompleteFollowUp", follow_up=item)), None)
            yield ("follow_up", item), self.status("follow_up", item, due, met)

    def closure(self) -> Iterator[tuple[Key, Status]]:
        span, deadline = self.span("closure"), self.deadline()
        if span is None:
            return
        due = met = None
        if deadline is not None:
            bases, report = [deadline], self.span("completion_report")
            closing = self.those("MakeEffective", "ExtendClosingDate")[-1]
            bases += [after(report, self.life[closing].fact["closing_date"])] if report else []
            bases += [self.day(i) for i in self.those("ReopenGrant")]
            due = after(span, max(bases))
            met = self.day(closed) if (closed := self.last("CloseGrant")) is not None else None
            met = met if self.now.stage == "C" else None
        yield ("closure", None), self.status("closure", None, due, met)
