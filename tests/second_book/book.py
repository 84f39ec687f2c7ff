"""The second book itself: what it keeps, who may say what, and what it answers."""

from collections import defaultdict
from collections.abc import Iterator
from copy import deepcopy
from decimal import Decimal
from typing import Any, NamedTuple

from second_book.grant import asked_by, happens
from second_book.money import returned_beyond
from second_book.officers import no_more_permitted, not_permitted, roles_of
from second_book.timeline import Key, Status, timeline
from second_book.words import (
    CLOSURES_REST_ON,
    COMPLETIONS_REST_ON,
    EDITIONS,
    FLOWS,
    MONEY_OF_THE_WORLD,
    NEVER,
    OF_THE_WORLD,
    ByDay,
    Fact,
    State,
    by_day,
    differences,
    ever_more,
    in_dollars,
    money,
    never_below_zero,
    split_of,
    standing,
    struck,
    takes_too_much,
    too_like,
    unborn,
)

FUND = "fund"
LATEST = "9999"


class Said(NamedTuple):
    """What the book says: accepted, refused, repeat or conflict; and the refusal's name."""

    outcome: str
    refusal: str | None = None


def stream_of(words: Fact) -> str:
    """What the command is about."""
    about = next((about for about in ("grant", "call") if words.get(about)), None)
    return f"{about}:{words[about]}" if about else FUND


class SecondBook:
    """All that was accepted, by stream, and all answers, by command id."""

    def __init__(self, start: str, admin: str, today: str) -> None:
        self.today, self.position = today, 0
        self._stood: dict[str, tuple[int, State]] = {}
        self.streams: dict[str, list[Fact]] = defaultdict(list)
        self.answers: dict[str, list[tuple[Fact, Said]]] = defaultdict(list)
        facts: list[Fact] = [
            {"command": "EstablishFund"},
            {"command": "AppointOfficer", "officer": admin, "roles": ["administrator"]},
            *({"command": "AdoptPolicy", "edition": edition} for edition in EDITIONS),
        ]
        self._keep(
            FUND, [{**fact, "on": start, "actor": admin, "recorder": admin, "at": 4} for fact in facts]
        )

    def copy(self) -> "SecondBook":
        """Another one that goes on from here."""
        return deepcopy(self)

    def _keep(self, stream: str, facts: list[Fact]) -> None:
        for fact in facts:
            self.position += 1
            self.streams[stream].append({**fact, "version": len(self.streams[stream]) + 1})

    # ── how things stand ─────────────────────────────────────────────────────────────────────

    def facts(self, stream: str, known: int | None = None) -> list[Fact]:
        """A stream, as known when the journal was so long."""
        facts = self.streams.get(stream, [])
        return [fact for fact in facts if known is None or fact["at"] <= known]

    def now(self, stream: str) -> State:
        """How the fund or a call stands; worked out once for each length of its stream."""
        facts = self.streams.get(stream, [])
        if self._stood.get(stream, (-1, {}))[0] != len(facts):
            self._stood[stream] = len(facts), self._walked(stream, facts)[0]
        return self._stood[stream][1]

    def grant(self, name: str, on: str = LATEST, known: int | None = None) -> State:
        """How a grant stood on a day, as known then."""
        return self._walked(f"grant:{name}", self.facts(f"grant:{name}", known), on=on)[0]

    def timeline(self, name: str, on: str, known: int | None = None) -> dict[Key, Status]:
        """Every obligation of a grant on a day, as known then."""
        facts = standing(self.facts(f"grant:{name}", known))
        if not facts or facts[0]["on"] > on:
            return {}
        editions = self._walked(FUND, self.facts(FUND, known))[0]["editions"]
        return timeline(facts, on, self, editions)

    def lived(self, name: str) -> tuple[State, dict[int, str]]:
        """How a grant stands, and what is wrong with any of its facts, by version, beside what only a
        decision is asked."""
        return self._walked(f"grant:{name}", self.facts(f"grant:{name}"), asked="")

    def available(self, known: int | None = None, instead: dict[str, list[Fact]] | None = None) -> ByDay:
        """By how much the fund's free money changes, by day: worked out from the grants' own facts."""
        facts = {name: self.facts(name, known) for name in self.streams} | (instead or {})
        changes = list(self._walked(FUND, facts[FUND])[0]["flows"])
        for name in facts:
            if name.startswith("grant:"):
                grant = self._walked(name, facts[name])[0]
                taken = (*grant["commitments"], *grant["overpayments"])
                changes += [(day, -amount) for day, amount in taken]
        return by_day(changes)

    def left(
        self, call: str, known: int | None = None, instead: dict[str, list[Fact]] | None = None
    ) -> ByDay:
        """By how much the rest of a call's envelope changes, by day."""
        facts = {name: self.facts(name, known) for name in self.streams} | (instead or {})
        state = self._walked(f"call:{call}", facts[f"call:{call}"])[0]
        changes = [(state["opened"], money(state["envelope"]))]
        for name in facts:
            if name.startswith("grant:"):
                changes += [(day, -amount) for day, amount in self._selections(facts[name], call)]
        return by_day(changes)

    def call(self, name: str) -> State | None:
        """How a call stands; `None` where there is none."""
        return self.now(f"call:{name}") or None

    def edition(self, name: str) -> State:
        """By its name."""
        return next(one for one in self.now(FUND)["editions"] if one["name"] == name)

    def edition_on(self, day: str) -> str | None:
        """The one adopted last of those that hold from the day or before."""
        return next((one["name"] for one in reversed(self.now(FUND)["editions"]) if one["from"] <= day), None)

    def windows(self) -> set[str]:
        """Of all editions."""
        return {window for edition in self.now(FUND)["editions"] for window in edition["windows"]}

    def _selections(self, facts: list[Fact], call: str) -> list[tuple[str, Decimal]]:
        state = self._walked("grant:", facts)[0]
        return state["selections"] if state["call"] == call else []

    def _walked(
        self, stream: str, facts: list[Fact], *, on: str = LATEST, asked: str = "$?"
    ) -> tuple[State, dict[int, str]]:
        """How it stands after all that holds, and what was wrong with each, by version.

        A "$" marks what the balance must allow, a "?" what only a decision is asked; ``asked``: which of
        them count.
        """
        kind = stream.partition(":")[0]
        state, wrong = {"grant": unborn, "call": dict, "fund": no_fund}[kind](), dict[int, str]()
        for fact in standing(facts):
            if fact["on"] > on:
                break
            for reason in self._happens(kind, state, fact):
                if reason[0] not in "$?":
                    wrong.setdefault(fact["version"], reason)
                    if kind == "grant":
                        return state, wrong
                elif reason[0] in asked:
                    wrong.setdefault(fact["version"], reason[1:])
        return state, wrong

    def steps(self, stream: str) -> Iterator[tuple[str, State]]:
        """How a grant stands after each fact that holds, with the fact's day."""
        state = unborn()
        for fact in standing(self.streams[stream]):
            for _ in self._happens("grant", state, fact):
                pass
            yield fact["on"], state

    def _happens(self, kind: str, state: State, fact: Fact) -> Iterator[str]:
        if kind == "grant":
            return happens(state, fact, self)
        return fund_happens(state, fact) if kind == "fund" else call_happens(state, fact, self)

    # ── what is asked ────────────────────────────────────────────────────────────────────────

    def record(self, words: Fact, recorder: str) -> Said:
        """Answer a command, and keep it where it is accepted."""
        content = {
            name: value for name, value in words.items() if name not in ("command_id", "expect_version")
        }
        given, stream = self.answers[words["command_id"]], stream_of(words)
        if same := next((said for told, said in given if told == content), None):
            return Said("repeat", same.refusal)
        if given:
            said = Said("refused", "CommandIdReused")
        elif words.get("expect_version") not in (None, len(self.streams[stream])):
            return Said("conflict")
        else:
            no = next(self._reasons(stream, content, recorder), None)
            said = Said("refused", no) if no else Said("accepted")
        given.append((content, said))
        return said

    def _reasons(self, stream: str, words: Fact, recorder: str) -> Iterator[str]:
        """Why not; the command is kept where all of it was asked and there is no reason."""
        kind = stream.partition(":")[0]
        yield from not_permitted(self.now(FUND), {**words, "recorder": recorder}, done=False)
        old, correction = self.streams[stream], words["command"] == "CorrectEntry"
        new: Fact = {**words, "recorder": recorder, "version": len(old) + 1}
        if correction:
            yield from self._correctable(stream, new)
        elif new["command"] == "ProposeGrant" and old:
            yield "GrantIdTaken"
        new = self._completed(stream, new, old)
        if new.get("edition") is None and new["command"] in ("ApproveGrant", "RestructureGrant"):
            yield "NoEditionInForce"
        facts = [*old, new]
        if any(day > self.today for day in (new["on"], *(fact["on"] for fact in standing(facts)))):
            yield "DatedInFuture"
        if correction and standing(facts) == standing(old):
            yield "NothingCorrected"
        if correction and new.get("struck") and self._brought_back(old, facts):
            yield "EditionTooLate"
        after = yield from self._still_true(stream, facts, correction=correction)
        if kind == "grant" and after.get("binds") and new["command"] == "ApproveGrant":
            new["binds"] = after["binds"]
        yield from self._in_time(new)
        yield from returned_beyond(self, facts, new)
        if kind == FUND and correction:
            yield from self._returns_beyond(old, facts)
        pairs = yield from self._covered(stream, facts, new)
        if kind == FUND and not self._in_charge(after):
            yield "LastAdministrator"
        then = after if kind == FUND else self.now(FUND)
        yield from no_more_permitted(facts, self.streams, self.now(FUND), then)
        at = self.position + 1 + sum(map(len, pairs.values()))
        for name, kept in {stream: [new], **pairs}.items():
            self._keep(name, [{**fact, "at": at} for fact in kept])

    def _completed(self, stream: str, new: Fact, old: list[Fact]) -> Fact:
        """With what follows from the day: the edition, or how a refund is split."""
        if new["command"] in ("ApproveGrant", "RestructureGrant"):
            return {**new, "edition": self.edition_on(new["on"])}
        if new["command"] == "RecordRefund" and not new.get("payment") and not new.get("split"):
            return {**new, "split": self._split(stream, new, standing(old))}
        reads = new.get("reads") or {}
        if reads and old[new["entry"] - 1]["command"] == "RecordRefund":
            return {**new, "reads": self._refund_reads(stream, new["entry"], reads, old)}
        if "on" in reads and old[new["entry"] - 1]["command"] in ("ApproveGrant", "RestructureGrant"):
            return {**new, "reads": {**reads, "edition": self.edition_on(reads["on"])}}
        return new

    def _split(self, stream: str, refund: Fact, held: list[Fact]) -> list[dict[str, str]]:
        """Over the payments as they are when it comes."""
        before = [one for one in held if (one["on"], one["version"]) < (refund["on"], refund["version"])]
        return split_of(self._walked(stream, before)[0], money(refund["amount"]))

    def _refund_reads(self, stream: str, version: int, reads: Fact, old: list[Fact]) -> Fact:
        """A refund of no payment is split anew; one of a payment is not split."""
        held = standing(old)
        was = next((one for one in held if one["version"] == version), old[version - 1])
        if reads.get("split"):
            return {"payment": None, **reads}
        if reads.get("payment", was.get("payment")):
            return {**reads, "split": None}
        if not {"payment", "amount", "on", "split"} & set(reads):
            return reads
        others = [one for one in held if one["version"] != version]
        return {**reads, "split": self._split(stream, {**was, **reads}, others)}

    def _brought_back(self, old: list[Fact], facts: list[Fact]) -> bool:
        """Whether a decision comes back to a day on which another edition holds by now."""
        days = {fact["version"]: fact["on"] for fact in standing(old)}
        return any(
            fact["edition"] != self.edition_on(fact["on"])
            for fact in standing(facts)
            if fact["command"] in ("ApproveGrant", "RestructureGrant")
            if days.get(fact["version"]) != fact["on"]
        )

    def _returns_beyond(self, old: list[Fact], facts: list[Fact]) -> Iterator[str]:
        """A correction after which a return is more than its partner has left."""
        read = {fact["version"]: fact for fact in standing(old)}
        for fact in standing(facts):
            beyond = [*returned_beyond(self, facts, fact)]
            if beyond and (read.get(fact["version"]) != fact or not [*returned_beyond(self, old, fact)]):
                yield from beyond

    def _in_time(self, new: Fact) -> Iterator[str]:
        """No grant was decided on from the day on from which the edition would hold."""
        decided = ("RequestFunding", "ApproveGrant", "RestructureGrant")
        if new["command"] == "AdoptPolicy" and any(
            fact["command"] in decided and fact["on"] >= new["edition"]["from"]
            for facts in self.streams.values()
            for fact in standing(facts)
        ):
            yield "EditionTooLate"

    def _still_true(self, stream: str, facts: list[Fact], *, correction: bool) -> Any:
        """Every day is as true as it was: nothing is wrong that was not, and nothing wrong in another way."""
        kind, new = stream.partition(":")[0], facts[-1]
        if kind == FUND and not correction:
            # The fund's own facts are judged on the whole of it, and are not in need of an order.
            state = deepcopy(self.now(FUND))
            yield from fund_happens(state, new)
            return state
        changed = base_of(new, facts)["command"]
        asked = "" if changed in OF_THE_WORLD and not correction else "$" if correction else "$?"
        asked = "" if changed in MONEY_OF_THE_WORLD else asked
        stood, before = self._walked(stream, facts[:-1], asked=asked)
        read = {fact["version"]: fact for fact in standing(facts[:-1])}
        after, wrong = self._walked(stream, facts, asked=asked)
        for fact in standing(facts):
            version = fact["version"]
            if version in wrong and (before.get(version) != wrong[version] or read.get(version) != fact):
                yield wrong[version]
        if kind == "grant" and after["stage"]:
            if self._correctors(facts, after) - self._correctors(facts, stood):
                yield "DecidesOwnRequest"
            raises = ("entry" in new and changed in MONEY_OF_THE_WORLD) or changed == "RecordIrregularPayment"
            if stood["stage"] and not raises and ever_more(after["overpayments"], stood["overpayments"]):
                yield "ExceedsUndisbursedBalance"
        if correction and changed in COMPLETIONS_REST_ON:
            yield from self._completed_with_plans(stream, facts)
        if correction and changed in CLOSURES_REST_ON:
            wrong = self._walked(stream, facts, asked="?")[1]
            if any(wrong.get(fact["version"]) for fact in standing_closure(facts)):
                yield "ClosureWouldNotHold"
        return after

    def _completed_with_plans(self, stream: str, facts: list[Fact]) -> Iterator[str]:
        """The grant is completed with a plan that is open, and was not before."""
        read = {fact["version"]: fact for fact in standing(facts[:-1])}
        was, now = (self._walked(stream, some, asked="?")[1] for some in (facts[:-1], facts))
        for fact in standing(facts):
            version, no = fact["version"], "ActivitiesStillPlanned"
            if now.get(version) == no and (was.get(version) != no or read.get(version) != fact):
                yield no

    def _correctors(self, facts: list[Fact], state: State) -> set[int]:
        """The corrections that stand, by somebody who asked for what stands of their entry."""
        gone, readings = struck(facts), standing(facts)
        if state["stage"] is None:
            return set()
        return {
            fact["version"]
            for fact in facts
            if fact["command"] == "CorrectEntry" and fact["version"] not in gone
            if any(fact["actor"] in asked_by(state, one) for one in corrected(fact, facts, readings))
        }

    def _covered(self, stream: str, facts: list[Fact], new: Fact) -> Any:
        """There is money for it on every day. Returns what is written beside it, by stream."""
        instead, pairs = {stream: facts}, dict[str, list[Fact]]()
        changed = base_of(new, facts)["command"]
        free = changed == "RecordIrregularPayment" or ("entry" in new and changed in MONEY_OF_THE_WORLD)
        if not free and takes_too_much(self.available(instead=instead), self.available()):
            yield "ExceedsAvailableFunds"
        then, now = (self._walked(stream, some)[0] for some in (facts[:-1], facts))
        beside = {"actor": new["actor"], "recorder": new["recorder"]}
        if stream.startswith("grant:"):
            promised, beyond = (
                differences(now[kind], then[kind]) for kind in ("commitments", "overpayments")
            )
            taken = [*promised.items(), *((day, Decimal(0)) for day in beyond)]
            pairs[FUND] = [
                {**beside, "command": "pair", "on": day, "of": stream, "taken": change}
                for day, change in sorted(taken)
            ]
        for call in {then["call"], now["call"]} - {None} if pairs else ():
            selected = differences(self._selections(facts, call), self._selections(facts[:-1], call))
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

    def _correctable(self, stream: str, new: Fact) -> Iterator[str]:
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
        if target["command"] in ("pair", "selected", "released"):
            yield "PairedEntry"
        if target["command"] == "AdoptPolicy":
            yield "EditionNeverChanges"
        if target["command"] == "EstablishFund" and new.get("struck"):
            yield "FundAlreadyEstablished"
        if target["command"] == "OpenCall" and new.get("struck"):
            yield "FieldNotCorrectable"
        if set(reads) & NEVER.get(target["command"], set()):
            yield "FieldNotCorrectable"
        if new["actor"] in (target["actor"], target["recorder"]):
            yield "DecidesOwnRequest"
        if kind == "grant" and self._walked(stream, old)[0]["stage"]:
            state = self._walked(stream, old)[0]
            readings = [*standing(old), *standing([*old, new])]
            if any(new["actor"] in asked_by(state, one) for one in corrected(new, old, readings)):
                yield "DecidesOwnRequest"
        if kind == "call":
            was, now = (self._walked(stream, facts)[0] for facts in (old, [*old, new]))
            if any(now[day] > was[day] for day in ("opened", "opens")) or now["closes"] < was["closes"]:
                yield "FieldNotCorrectable"

    def _in_charge(self, fund: State) -> bool:
        """Whether there is an administrator on every day."""
        days = {on for on, *_ in fund["officers"] if on >= self.facts(FUND)[0]["on"]}
        names = {officer for _, officer, *_ in fund["officers"]}
        return all(any("administrator" in roles_of(fund, name, day) for name in names) for day in days)


# ── the fund and its calls ───────────────────────────────────────────────────────────────────


def base_of(fact: Fact, facts: list[Fact]) -> Fact:
    """What it is in the end about: of a correction, the entry that reads otherwise after it."""
    while "entry" in fact:
        fact = facts[fact["entry"] - 1]
    return fact


def standing_closure(facts: list[Fact]) -> list[Fact]:
    """The closing that was not undone, if the grant is closed."""
    ends = [one for one in standing(facts) if one["command"] in ("CloseGrant", "ReopenGrant")]
    return [one for one in ends[-1:] if one["command"] == "CloseGrant"]


def corrected(correction: Fact, facts: list[Fact], readings: list[Fact]) -> list[Fact]:
    """How the entry reads that it changes; whoever strikes a correction changes what that one changed."""
    while "entry" in (named := facts[correction["entry"] - 1]):
        correction = named
    return [fact for fact in readings if fact["version"] == correction["entry"]]


def no_fund() -> State:
    """How the fund stands before its first fact."""
    return {"editions": [], "officers": [], "partners": {}, "flows": []}


def plain(edition: State) -> State:
    """An edition with the values of its limits alone, without their sources."""
    windows = {
        name: {rule: limit["value"] if isinstance(limit, dict) else limit for rule, limit in rules.items()}
        for name, rules in edition["windows"].items()
    }
    return {**edition, "windows": windows}


def fund_happens(s: State, f: Fact) -> Iterator[str]:
    """What is wrong with a fact of the fund as it stands; gone through to the end, it has happened."""
    name, partner = f["command"], s["partners"].get(f.get("partner"))
    if name == "AdoptPolicy":
        if any(one["name"] == f["edition"]["name"] for one in s["editions"]):
            yield "EditionNameTaken"
        s["editions"] = [*s["editions"], plain(f["edition"])]
    if name == "RetireOfficer" and not roles_of(s, f["officer"], f["on"]):
        yield "NotAnOfficer"
    if name == "AppointOfficer":
        yield from too_like(f["officer"], (officer for _, officer, *_ in s["officers"]))
    if name in ("AppointOfficer", "RetireOfficer"):
        given = name == "AppointOfficer"
        s["officers"] = [*s["officers"], (f["on"], f["officer"], given, f.get("roles") or [])]
    if name == "JoinPartner":
        if partner:
            yield "PartnerAlreadyJoined"
        yield from too_like(f["partner"], s["partners"])
        s["partners"] |= {f["partner"]: {"joined": f["on"], "due": {}}}
    elif f.get("partner") and (not partner or partner["joined"] > f["on"]):
        yield "UnknownPartner"
    if (due := f.get("instalment")) and partner:
        if name == "ScheduleInstalment":
            if due in partner["due"]:
                yield "InstalmentIdTaken"
            partner["due"][due] = f["on"]
        elif due not in partner["due"]:
            yield "UnknownInstalment"
    if name == "WaiveObligation":
        if f["obligation"] != "instalment":
            yield "UnknownObligation"
        partner, _, due = (f.get("item") or "").partition("/")
        if partner and s["partners"].get(partner, {}).get("due", {}).get(due, LATEST) > f["on"]:
            yield "UnknownItem"
    said = name in ("PledgeContribution", "AgreeContribution")
    worth, foreign = f.get("holding_amount"), not f.get("amount", "USD").endswith("USD")
    if said and (not worth if foreign else worth not in (None, f["amount"])):
        yield "HoldingAmountMissing"
    if name in FLOWS:
        yield from in_dollars(f)
        s["flows"] = [*s["flows"], (f["on"], FLOWS[name] * money(f["amount"]))]


def call_happens(s: State, f: Fact, book: SecondBook) -> Iterator[str]:
    """What is wrong with a fact of a call as it stands; gone through to the end, it has happened."""
    name = f["command"]
    if name == "OpenCall":
        if s:
            yield "CallIdTaken"
        if f["window"] not in book.windows():
            yield "WindowNotInEdition"
        s |= {"opened": f["on"], "opens": f.get("opens") or f["on"], "closed": None}
        s |= {field: f[field] for field in ("closes", "window", "criteria", "envelope")}
    elif not s:
        yield "UnknownCall"
    elif name == "CloseCall":
        if s["closed"]:
            yield "CallAlreadyClosed"
        if f["on"] <= s["closes"]:
            yield "CallStillOpen"
        s["closed"] = f["on"]
    elif name == "selected" and s["closed"] and f["on"] > s["closed"]:
        yield "CallIsClosed"
