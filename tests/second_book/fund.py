"""The fund and its calls: the reasons against each event in their state, and the state after it."""

from collections.abc import Iterator

from second_book.agreements import agreements, asking_for_reports
from second_book.basics import (
    FLOWS,
    LATEST,
    ROLES,
    Context,
    Event,
    State,
    in_dollars,
    money,
    too_like,
)
from second_book.closing import recorded_too_late
from second_book.officers import roles_of
from second_book.set_asides import set_aside


def no_fund() -> State:
    """Return the state of the fund before its first event."""
    return {"closed": None, "editions": [], "officers": [], "partners": {}, "flows": [], "kept": {}} | {
        "agreements": {},
        "own_flows": [],
        "named_flows": [],
        "drawn": {},
    }


def plain(edition: State) -> State:
    """Return an edition with the values of its limits and without their sources."""
    windows = {
        name: {rule: limit["value"] if isinstance(limit, dict) else limit for rule, limit in rules.items()}
        for name, rules in edition["windows"].items()
    }
    return {**edition, "windows": windows}


def named_twice(partners: State, event: Event) -> Iterator[str]:
    """Yield the refusal of a name that another partner has on one of the days on which this one would."""
    own = partners.get(event["partner"], {"names": []})["names"]
    end = min((since for since, _ in own if since > event["on"]), default=LATEST)
    for other, partner in partners.items():
        starts = [since for since, _ in partner["names"]]
        ends = [min(day, partner["left"]) for day in [*starts[1:], LATEST]]
        for (since, name), until in zip(partner["names"], ends, strict=True):
            is_same = name.casefold().strip() == event["name"].casefold().strip()
            if other != event["partner"] and is_same and since < end and event["on"] < until > since:
                yield "PartnerNameTaken"


def membership(partner: State, event: Event, agreed: State) -> Iterator[str]:
    """Yield the reasons against a new name, a leaving, or a promise of a partner, and note it."""
    name, on = event["command"], event["on"]
    if name in ("PledgeContribution", "AgreeContribution", "ScheduleInstalment", "MeetPledgeCondition"):
        if partner["left"] <= on:
            yield "PartnerHasLeft"
        partner["promised"] = max(partner["promised"], on)
    if event.get("condition"):
        met = name == "MeetPledgeCondition"
        said = [
            (day, is_met)
            for day, words, is_met in partner["said"]
            if words.casefold() == event["condition"].casefold()
        ]
        meetings = [day for day, is_met in said if is_met and day <= on]
        if met and not any(
            day <= on and not any(day <= meeting for meeting in meetings)
            for day, is_met in said
            if not is_met
        ):
            yield "UnknownPledgeCondition"
        partner["said"] = [*partner["said"], (on, event["condition"], met)]
    if name == "SubmitDonorReport":
        asking = asking_for_reports(agreed, event["partner"], on)
        if event.get("agreement") not in asking and (event.get("agreement") or len(asking) != 1):
            yield "NoReportAgreed"
        if event["until"] > on:
            yield "PeriodNotOver"
    if name == "LeavePartner":
        if partner["left"] < LATEST or partner["promised"] > on:
            yield "PartnerHasLeft"
        partner["left"] = on
    if name == "RenamePartner":
        if [known for since, known in partner["names"] if since <= on][-1:] == [event["name"]]:
            yield "NothingChanged"
        partner["names"] = sorted([*partner["names"], (on, event["name"])], key=lambda known: known[0])


def partnership(state: State, event: Event) -> Iterator[str]:
    """Yield the reasons against the partner and the instalment that the event names, and note them."""
    name, partner = event["command"], state["partners"].get(event.get("partner"))
    if name == "JoinPartner":
        if partner:
            yield "PartnerAlreadyJoined"
        yield from too_like(event["partner"], state["partners"])
        yield from named_twice(state["partners"], event)
        state["partners"] |= {
            event["partner"]: {"joined": event["on"], "due": {}, "under": {}, "left": LATEST}
        }
        state["partners"][event["partner"]] |= {
            "names": [(event["on"], event["name"])],
            "promised": "",
            "said": [],
        }
    elif (
        event.get("partner")
        and name != "AmendContribution"
        and (not partner or partner["joined"] > event["on"])
    ):
        yield "UnknownPartner"
    if partner and name == "RenamePartner":
        yield from named_twice(state["partners"], event)
    if partner:
        yield from membership(partner, event, state["agreements"])
    if (due := event.get("instalment")) and partner:
        if name == "ScheduleInstalment":
            if due in partner["due"]:
                yield "InstalmentIdTaken"
            partner["due"][due] = event["on"]
            partner["under"][due] = event.get("agreement")
        elif due not in partner["due"]:
            yield "UnknownInstalment"
        elif partner["under"].get(due) not in (None, event.get("agreement")):
            yield "?InstalmentOfOtherAgreement"


def apply_fund_event(state: State, event: Event) -> Iterator[str]:
    """Yield the reasons against an event of the fund, then apply it to the state."""
    name = event["command"]
    yield from recorded_too_late(state["closed"], event)
    if name == "CloseFund":
        if state["closed"]:
            yield "FundIsClosed"
        state["closed"] = event["on"]
    if name == "AdoptPolicy":
        if any(edition["name"] == event["edition"]["name"] for edition in state["editions"]):
            yield "EditionNameTaken"
        limits = [
            (window.get(f"min_{noun}"), window.get(f"max_{noun}"))
            for window in plain(event["edition"])["windows"].values()
            for noun in ("months", "activities")
        ]
        if any(least is not None and most is not None and least > most for least, most in limits):
            yield "EditionContradictsItself"
        state["editions"] = [*state["editions"], plain(event["edition"])]
    if name == "RetireOfficer" and not roles_of(state, event["officer"], event["on"]):
        yield "NotAnOfficer"
    if name in ("AppointOfficer", "RetireOfficer"):
        named = {role for edition in state["editions"] for role in edition.get("roles", {})}
        if set(event.get("roles") or ()) - {*ROLES, *named}:
            yield "UnknownRole"
    if name == "AppointOfficer":
        yield from too_like(event["officer"], (officer for _, officer, *_ in state["officers"]))
    if name in ("AppointOfficer", "RetireOfficer"):
        is_appointment = name == "AppointOfficer"
        state["officers"] = [
            *state["officers"],
            (event["on"], event["officer"], is_appointment, event.get("roles") or []),
        ]
    yield from partnership(state, event)
    if name == "WaiveObligation":
        if event["obligation"] != "instalment":
            yield "UnknownObligation"
        partner, _, due = (event.get("item") or "").partition("/")
        if partner and state["partners"].get(partner, {}).get("due", {}).get(due, LATEST) > event["on"]:
            yield "UnknownItem"
    is_promise = name in ("PledgeContribution", "AgreeContribution")
    holding_amount, is_foreign = event.get("holding_amount"), not event.get("amount", "USD").endswith("USD")
    if is_promise and (not holding_amount if is_foreign else holding_amount not in (None, event["amount"])):
        yield "HoldingAmountMissing"
    if event.get("set_aside"):
        yield from set_aside(state, event)
    if name in FLOWS:
        yield from in_dollars(event)
    yield from agreements(state, event)
    flow(state, event)


def flow(state: State, event: Event) -> None:
    """Note the money that comes or goes, and what a grant draws from pools."""
    name = event["command"]
    if name in FLOWS:
        amount, agreement = FLOWS[name] * money(event["amount"]), event.get("agreement")
        state["flows"] = [*state["flows"], (event["on"], amount)]
        state["own_flows"] = [*state["own_flows"], (event["on"], amount)]
        if agreement in state["agreements"]:
            state["named_flows"] = [*state["named_flows"], (agreement, event["on"], amount, name)]
    if name == "pair" and event.get("draws") is not None:
        grant = event["of"].removeprefix("grant:")
        change = event["on"], sum(event["draws"].values()), event["draws"]
        state["drawn"] = {**state["drawn"], grant: [*state["drawn"].get(grant, []), change]}


def apply_call_event(state: State, event: Event, book: Context) -> Iterator[str]:
    """Yield the reasons against an event of a call, then apply it to the state."""
    name = event["command"]
    if name == "OpenCall":
        if state:
            yield "CallIdTaken"
        if event["window"] not in book.windows():
            yield "WindowNotInEdition"
        state |= {"opened": event["on"], "opens": event.get("opens") or event["on"], "closed": None}
        state |= {field: event[field] for field in ("closes", "window", "criteria", "envelope")}
    elif not state:
        yield "UnknownCall"
    elif name == "CloseCall":
        if state["closed"]:
            yield "CallAlreadyClosed"
        if event["on"] <= state["closes"]:
            yield "CallStillOpen"
        state["closed"] = event["on"]
    elif name == "selected" and state["closed"] and event["on"] > state["closed"]:
        yield "CallIsClosed"
