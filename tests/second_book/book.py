"""The second book itself: the events and receipts that it keeps, and how it decides on a command."""

from collections import defaultdict
from collections.abc import Iterator
from copy import deepcopy
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from second_book import budget
from second_book.basics import (
    BEGINNINGS,
    CLOSURES_REST_ON,
    COMPLETIONS_REST_ON,
    GRACE,
    LATEST,
    MONEY_OF_THE_WORLD,
    NEVER,
    OF_THE_WORLD,
    Event,
    State,
    base_of,
    closure_in_force,
    corrected_events,
    differences,
    in_force,
    is_more_on_some_day,
    is_overdrawn_more,
    like_any,
    money,
    months_later,
    never_below_zero,
    no_grant,
    requesters_of,
    split_of,
    struck,
)
from second_book.closing import no_longer_empty, too_late
from second_book.directory import COMMANDS as ON_DIRECTORY
from second_book.directory import not_as_named
from second_book.following import not_to_be_followed
from second_book.fund import apply_fund_event
from second_book.histories import DIRECTORY, FUND, Histories
from second_book.money import returned_beyond
from second_book.officers import no_more_permitted, not_permitted, roles_of
from second_book.pools import Draws, ends_before, fees_beyond
from second_book.set_asides import moved_uses, uses_of


class Receipt(NamedTuple):
    """The outcome of a command (accepted, refused, repeat or conflict), and the refusal's name."""

    outcome: str
    refusal: str | None = None


def stream_of(command: Event) -> str:
    """Return the stream that the command is on."""
    if command["command"] in ON_DIRECTORY:
        return DIRECTORY
    kinds = ("grant", "call") if command["command"] != "SetAside" else ()
    about = next((about for about in kinds if command.get(about)), None)
    return f"{about}:{command[about]}" if about else FUND


def is_worse(reason: str, before: str | None) -> bool:
    """Return whether the reason is another one than before, or is of a larger excess."""
    name, _, excess = reason.partition(" ")
    name_before, _, excess_before = (before or "").partition(" ")
    return name != name_before or Fraction(excess or 0) > Fraction(excess_before or 0)


def decided_on(event: Event) -> str:
    """Return the day of a decision; of a grant that is brought forward, that of its approval."""
    return str(event.get("approved_on") or "") if event["command"] == "BringForward" else str(event["on"])


def readings_of(events: list[Event]) -> list[Event]:
    """Return the events in force without the fields that say nothing."""
    return [{name: value for name, value in event.items() if value is not None} for event in in_force(events)]


class SecondBook(Histories):
    """The histories, the receipts by command id, and the decisions."""

    def __init__(self, start: str, admin: str, today: str) -> None:
        super().__init__(start, admin, today)
        self.answers: dict[str, list[tuple[Event, Receipt]]] = defaultdict(list)

    def record(self, command: Event, recorder: str) -> Receipt:
        """Decide on a command, keep it if it is accepted, and return its receipt."""
        content = {
            name: value for name, value in command.items() if name not in ("command_id", "expect_version")
        }
        answers, stream = self.answers[command["command_id"]], stream_of(command)
        if first := next((receipt for recorded, receipt in answers if recorded == content), None):
            return Receipt("repeat", first.refusal)
        if answers:
            receipt = Receipt("refused", "CommandIdReused")
        elif command.get("expect_version") not in (None, len(self.streams[stream])):
            return Receipt("conflict")
        else:
            refusal = next(self._reasons(stream, content, recorder), None)
            receipt = Receipt("refused", refusal) if refusal else Receipt("accepted")
        answers.append((content, receipt))
        return receipt

    def _reasons(self, stream: str, command: Event, recorder: str) -> Iterator[str]:
        """Yield the refusals of the command. It is kept if the generator reaches its end."""
        kind = stream.partition(":")[0]
        if command["command"] == "CorrectDirectoryEntry":
            command = {**command, "command": "CorrectEntry"}
        yield from not_permitted(self.state_of(FUND), {**command, "recorder": recorder}, done=False)
        closed = self.state_of(FUND)["closed"]
        yield from too_late(closed, command)
        old, correction = self.streams[stream], command["command"] == "CorrectEntry"
        new: Event = {**command, "recorder": recorder, "version": len(old) + 1}
        if correction:
            yield from self._correctable(stream, new)
        elif new["command"] in BEGINNINGS and old:
            yield "GrantIdTaken"
        new = self._completed(stream, new, old)
        if new.get("edition") is None and new["command"] in ("ApproveGrant", "RestructureGrant"):
            yield "NoEditionInForce"
        events = [*old, new]
        if any(day > self.today for day in (new["on"], *(event["on"] for event in in_force(events)))):
            yield "DatedInFuture"
        if correction and readings_of(events) == readings_of(old):
            yield "NothingCorrected"
        if correction and new.get("struck") and self._brought_back(old, events):
            yield "EditionTooLate"
        after = yield from self._still_true(stream, events, correction=correction)
        if kind == "grant" and after.get("binds") and new["command"] == "ApproveGrant":
            new["binds"] = after["binds"]
        if stream == DIRECTORY or kind == "grant":
            yield from self._named_grants(stream, old, events)
        yield from self._in_time(new)
        yield from returned_beyond(self, events, new)
        if kind == FUND and correction:
            yield from self._returns_beyond(old, events)
        pairs = yield from self._covered(stream, events, new)
        yield from no_longer_empty(self, stream, events, closed)
        if kind == FUND and not self._in_charge(after):
            yield "LastAdministrator"
        fund = after if kind == FUND else self.state_of(FUND)
        yield from no_more_permitted(events, self.streams, self.state_of(FUND), fund)
        at = self.position + 1 + sum(map(len, pairs.values()))
        for name, kept in {stream: [new], **pairs}.items():
            self._keep(name, [{**event, "at": at} for event in kept])

    def _completed(self, stream: str, new: Event, old: list[Event]) -> Event:
        """Return the event with what follows from its day: the edition, or the split of a refund."""
        if new["command"] in ("ApproveGrant", "RestructureGrant"):
            return {**new, "edition": self.edition_on(new["on"])}
        if new["command"] == "RecordRefund" and not new.get("payment") and not new.get("split"):
            return {**new, "split": self._split(stream, new, in_force(old))}
        if new["command"] == "BringForward" and new.get("approved_on") and not new.get("edition"):
            return {**new, "edition": self.edition_for_history(new["approved_on"])}
        if new["command"] == "ReceiveInstalment" and new.get("instalment") and not new.get("agreement"):
            under = self.state_of(FUND)["partners"].get(new["partner"], {}).get("under", {})
            return {**new, "agreement": under.get(new["instalment"])}
        if new["command"] == "RequestPayment" and not new.get("category"):
            held = [event for event in in_force(old) if event["on"] <= new["on"]]
            lines = [*self._replay(stream, held)[0]["lines"]]
            return {**new, "category": lines[0] if len(lines) == 1 else None}
        reads = new.get("reads") or {}
        if "approved_on" in reads and "edition" not in reads:
            day = reads["approved_on"]
            return {**new, "reads": {**reads, "edition": day and self.edition_for_history(day)}}
        if reads and old[new["entry"] - 1]["command"] == "RecordRefund":
            return {**new, "reads": self._refund_reads(stream, new["entry"], reads, old)}
        if "on" in reads and old[new["entry"] - 1]["command"] in ("ApproveGrant", "RestructureGrant"):
            return {**new, "reads": {**reads, "edition": self.edition_on(reads["on"])}}
        return new

    def _split(self, stream: str, refund: Event, held: list[Event]) -> list[dict[str, str]]:
        """Return the split of a refund over the payments at its day."""
        before = [
            event for event in held if (event["on"], event["version"]) < (refund["on"], refund["version"])
        ]
        return split_of(self._replay(stream, before)[0], money(refund["amount"]))

    def _refund_reads(self, stream: str, version: int, reads: Event, old: list[Event]) -> Event:
        """Return the corrected fields of a refund, split again if it names no payment."""
        held = in_force(old)
        refund = next((event for event in held if event["version"] == version), old[version - 1])
        if reads.get("split"):
            return {"payment": None, **reads}
        if reads.get("payment", refund.get("payment")):
            return {**reads, "split": None}
        if not {"payment", "amount", "on", "split"} & set(reads):
            return reads
        others = [event for event in held if event["version"] != version]
        return {**reads, "split": self._split(stream, {**refund, **reads}, others)}

    def _brought_back(self, old: list[Event], events: list[Event]) -> bool:
        """Return whether a decision is restored on a day on which another edition is in force by now."""
        days = {event["version"]: event["on"] for event in in_force(old)}
        return any(
            event["edition"] != self.edition_on(event["on"])
            for event in in_force(events)
            if event["command"] in ("ApproveGrant", "RestructureGrant")
            if days.get(event["version"]) != event["on"]
        )

    def _returns_beyond(self, old: list[Event], events: list[Event]) -> Iterator[str]:
        """Yield the refusal if a correction makes a return exceed what its partner has left."""
        events_before = {event["version"]: event for event in in_force(old)}
        for event in in_force(events):
            reasons = [*returned_beyond(self, events, event)]
            if reasons and (
                events_before.get(event["version"]) != event or not [*returned_beyond(self, old, event)]
            ):
                yield from reasons

    def _in_time(self, new: Event) -> Iterator[str]:
        """Yield the refusal of an edition if a grant was decided on since its first day."""
        decided = ("RequestFunding", "ApproveGrant", "RestructureGrant", "BringForward")
        if new["command"] == "AdoptPolicy" and any(
            event["command"] in decided and decided_on(event) >= new["edition"]["from"]
            for events in self.streams.values()
            for event in in_force(events)
        ):
            yield "EditionTooLate"
        opened = (self.call(new.get("call") or "") or {}).get("opened", LATEST)
        if new["command"] == "SetAside" and new.get("call") and opened > new["on"]:
            yield "UnknownCall"

    def _still_true(self, stream: str, events: list[Event], *, correction: bool) -> Any:
        """Yield new reasons against events, and those of changed events. Returns the state afterwards."""
        kind, new = stream.partition(":")[0], events[-1]
        if kind == FUND and not correction:
            # The fund's own events are checked against its newest state and need no order.
            state = deepcopy(self.state_of(FUND))
            yield from apply_fund_event(state, new)
            return state
        changed = base_of(new, events)["command"]
        marks = "" if changed in OF_THE_WORLD and not correction else "$" if correction else "$?"
        marks = "" if changed in MONEY_OF_THE_WORLD else marks
        state_before, wrong_before = self._replay(stream, events[:-1], marks=marks)
        events_before = {event["version"]: event for event in in_force(events[:-1])}
        after, wrong = self._replay(stream, events, marks=marks)
        reasons = list[str]()
        for event in in_force(events):
            version = event["version"]
            if version in wrong and (
                is_worse(wrong[version], wrong_before.get(version)) or events_before.get(version) != event
            ):
                reasons.append(wrong[version].split()[0])
            if kind == "grant" and not correction and version == new["version"]:
                reasons += like_any(new, state_before)
        yield from sorted(reasons, key=lambda reason: reason == "UnknownItem")
        if kind == "grant" and after["stage"]:
            if self._correctors(events, after) - self._correctors(events, state_before):
                yield "DecidesOwnRequest"
            raises = ("entry" in new and changed in MONEY_OF_THE_WORLD) or changed == "RecordIrregularPayment"
            if (
                state_before["stage"]
                and not raises
                and is_more_on_some_day(after["overpayments"], state_before["overpayments"])
            ):
                yield "ExceedsUndisbursedBalance"
            yield from self._further_below(events, changed, correction=correction)
        if correction and changed in COMPLETIONS_REST_ON:
            yield from self._completed_with_plans(stream, events)
        if correction and changed in CLOSURES_REST_ON:
            wrong = self._replay(stream, events, marks="?")[1]
            if any(wrong.get(event["version"]) for event in closure_in_force(events)):
                yield "ClosureWouldNotHold"
        return after

    def _further_below(self, events: list[Event], changed: str, *, correction: bool) -> Iterator[str]:
        """Yield the refusal of a late decision or a correction that takes too much of a budget line."""
        old, new = events[:-1], events[-1]
        is_late = any(event["on"] > new["on"] for event in in_force(old))
        if changed in OF_THE_WORLD - {"HoldActivity"} or not (is_late or correction):
            return
        decided = new
        if correction:
            was = {event["version"]: event for event in in_force(old)}
            other = [event for event in in_force(events) if was.get(event["version"]) != event]
            decided = next(iter(other), was.get(new["entry"]) or old[new["entry"] - 1])
        steps = self.steps_of(old), self.steps_of(events)
        yield from budget.further_below(*steps, decided, correction=correction)

    def _completed_with_plans(self, stream: str, events: list[Event]) -> Iterator[str]:
        """Yield the refusal if the grant is now completed with an open plan, and was not before."""
        events_before = {event["version"]: event for event in in_force(events[:-1])}
        wrong_before, wrong_after = (
            self._replay(stream, stream_events, marks="?")[1] for stream_events in (events[:-1], events)
        )
        for event in in_force(events):
            version, refusal = event["version"], "ActivitiesStillPlanned"
            if wrong_after.get(version) == refusal and (
                wrong_before.get(version) != refusal or events_before.get(version) != event
            ):
                yield refusal

    def _correctors(self, events: list[Event], state: State) -> set[int]:
        """Return the versions of corrections in force by an officer who requested what they correct."""
        gone, readings = struck(events), in_force(events)
        if state["stage"] is None:
            return set()
        return {
            event["version"]
            for event in events
            if event["command"] == "CorrectEntry" and event["version"] not in gone
            if any(
                event["actor"] in requesters_of(state, reading, event["on"])
                for reading in corrected_events(event, events, readings)
            )
        }

    def _covered(self, stream: str, events: list[Event], new: Event) -> Any:
        """Yield the refusal if money is missing on some day. Returns the paired entries by stream."""
        instead, pairs = {stream: events}, dict[str, list[Event]]()
        changed = base_of(new, events)["command"]
        is_free = changed in ("RecordIrregularPayment", "BringForward") or (
            "entry" in new and changed in MONEY_OF_THE_WORLD
        )
        before, after = (self._replay(stream, stream_events)[0] for stream_events in (events[:-1], events))
        uses = self._uses(stream, before, after, new)
        if uses:
            first = len(self.streams[FUND]) + 1
            numbered = ({**use, "version": version} for version, use in enumerate(uses, first))
            instead[FUND] = [*self.streams[FUND], *numbered]
        if not is_free and is_overdrawn_more(self.available(instead=instead), self.available()):
            yield "ExceedsAvailableFunds"
        yield from self._pools_covered(stream, events, new)
        beside = {"actor": new["actor"], "recorder": new["recorder"]}
        draws: dict[str, Any] = {}
        if stream.startswith("grant:") and self.state_of(FUND)["agreements"]:
            draws = yield from self._draws(stream.removeprefix("grant:"), before, after, new, is_free)
        if stream.startswith("grant:"):
            promised, beyond = (
                differences(after[kind], before[kind]) for kind in ("commitments", "overpayments")
            )
            taken = [*promised.items(), *((day, Decimal(0)) for day in beyond)]
            pairs[FUND] = [
                {**beside, "command": "pair", "on": day, "of": stream, "taken": change}
                | ({"draws": draws[day]} if day in draws and change else {})
                for day, change in sorted(taken)
            ] + uses
        for call in {before["call"], after["call"]} - {None} if pairs else ():
            selected = differences(self._selections(events, call), self._selections(events[:-1], call))
            pairs[f"call:{call}"] = [
                {**beside, "command": "selected" if change > 0 else "released", "on": day}
                for day, change in selected.items()
            ]
            closed = (self.call(call) or {}).get("closed") or LATEST
            if any(day > closed and change > 0 for day, change in selected.items()):
                yield "CallIsClosed"
        for name in (stream, *pairs):
            if name.startswith("call:") and not never_below_zero(self.left(name[5:], instead=instead)):
                yield "ExceedsCallEnvelope"
        return pairs

    def _pools_covered(self, stream: str, events: list[Event], new: Event) -> Iterator[str]:
        """Yield the refusal if the fund's own event takes more from a pool than it may."""
        if stream != FUND:
            return
        before, after = self.state_of(FUND), self.replay_fund(events)
        if not after["agreements"]:
            return
        pools_before, pools = self.pools(), self.pools(instead={FUND: events})
        if any(is_overdrawn_more(pool, pools_before.get(name, {})) for name, pool in pools.items()):
            yield "ExceedsAvailableFunds"
        for name, agreement in after["agreements"].items():
            since = agreement["stated"][0][0]
            if new["command"] == "ChargeFee" and new.get("agreement") == name:
                if fees_beyond(after, name, new["on"]):
                    yield "FeeAboveAgreement"
            elif "entry" in new and fees_beyond(after, name, since):
                known = before["agreements"].get(name)
                if not known or fees_beyond(after, name, since) > fees_beyond(
                    before, name, known["stated"][0][0]
                ):
                    yield "FeeAboveAgreement"

    def _draws(self, grant: str, before: State, after: State, new: Event, is_free: bool) -> Any:
        """Yield the refusal if no pool has what a grant draws. Returns its draws by day."""
        changes = differences(after["commitments"], before["commitments"])
        beyond = differences(after["overpayments"], before["overpayments"])
        if not changes and not beyond:
            return {}
        drawing = Draws(self, grant, before, after)
        draws = drawing.of((day, int(amount * 100)) for day, amount in changes.items())
        if drawing.is_short and not is_free:
            yield "ExceedsAvailableFunds"
        if new["command"] == "IncreaseCommitment" and after["closing"] and not new.get("pool_waiver"):
            places = {place for parts in draws.values() for place, part in parts.items() if part > 0}
            deadline = months_later(after["closing"], GRACE)
            if ends_before(self.state_of(FUND), places, new["on"], deadline):
                yield "ClosesAfterPool"
        return draws

    def _uses(self, stream: str, before: State, after: State, new: Event) -> list[Event]:
        """Return what the grant takes from what is set aside for its call, and what it gives back."""
        if not stream.startswith("grant:"):
            return []
        call = (after if after["stage"] else before)["call"]
        user = {"grant": stream.removeprefix("grant:"), "call": call}
        kept = deepcopy(self.state_of(FUND)["kept"])
        if before["stage"] and before["call"] != call:
            uses = moved_uses(kept, user, after["commitments"])
        else:
            uses = uses_of(kept, user, before["commitments"], after["commitments"])
        beside = {"actor": new["actor"], "recorder": new["recorder"]}
        return [{"command": "used", "on": day, **beside, **use} for day, use in uses]

    def _correctable(self, stream: str, new: Event) -> Iterator[str]:
        old, kind, reads = self.streams[stream], stream.partition(":")[0], new.get("reads") or {}
        if kind == "grant" and (not old or new["on"] < old[0]["on"]):
            yield "UnknownGrant"
        if kind == "call" and not old:
            yield "UnknownCall"
        if not 1 <= new["entry"] <= len(old):
            yield "UnknownEntry"
        target = old[new["entry"] - 1]
        if target["command"] == "CorrectEntry" and reads:
            yield "CorrectionNotCorrectable"
        if target["command"] in ("pair", "used", "selected", "released"):
            yield "PairedEntry"
        if target["command"] == "AdoptPolicy":
            yield "EditionNeverChanges"
        if target["command"] == "EstablishFund" and new.get("struck"):
            yield "FundAlreadyEstablished"
        if target["command"] in ("OpenCall", "RegisterInstitution") and new.get("struck"):
            yield "FieldNotCorrectable"
        if set(reads) & NEVER.get(target["command"], set()):
            yield "FieldNotCorrectable"
        if new["actor"] in (target["actor"], target["recorder"]):
            yield "DecidesOwnRequest"
        if kind == "grant" and self._replay(stream, old)[0]["stage"]:
            state = self._replay(stream, old)[0]
            readings = [*in_force(old), *in_force([*old, new])]
            if any(
                new["actor"] in requesters_of(state, reading, new["on"])
                for reading in corrected_events(new, old, readings)
            ):
                yield "DecidesOwnRequest"
        if target["command"] == "RegisterInstitution" and "on" in reads:
            yield from ["FieldNotCorrectable"] if reads["on"] > self._reading(old, target)["on"] else []
        if kind == "call":
            before, after = (self._replay(stream, events)[0] for events in (old, [*old, new]))
            if (
                any(after[day] > before[day] for day in ("opened", "opens"))
                or after["closes"] < before["closes"]
            ):
                yield "FieldNotCorrectable"

    def _named_grants(self, stream: str, old: list[Event], events: list[Event]) -> Iterator[str]:
        """Yield the reasons against the grants that the events name which are new or changed."""
        before = {event["version"]: event for event in in_force(old)}

        def events_of(grant: str) -> list[Event]:
            return in_force(self.streams.get(f"grant:{grant}", []))

        def state_on(grant: str, day: str) -> State:
            states = [state for _, state in self.steps_of([e for e in events_of(grant) if e["on"] <= day])]
            return states[-1] if states else no_grant()

        needs = self._replay(DIRECTORY, events)[0]["needs"] if stream == DIRECTORY else {}
        for event in in_force(events):
            if before.get(event["version"]) != event and stream == DIRECTORY:
                yield from not_as_named(event, needs, events_of, state_on)
            elif before.get(event["version"]) != event:
                yield from not_to_be_followed(event, events_of)

    @staticmethod
    def _reading(old: list[Event], target: Event) -> Event:
        """Return an event as it reads now."""
        return next((event for event in in_force(old) if event["version"] == target["version"]), target)

    def _in_charge(self, fund: State) -> bool:
        """Return whether the fund has an administrator on every day."""
        days = {on for on, *_ in fund["officers"] if on >= self.events(FUND)[0]["on"]}
        names = {officer for _, officer, *_ in fund["officers"]}
        return all(any("administrator" in roles_of(fund, name, day) for name in names) for day in days)
