"""The Facility's further activities: institutions, consultations, a video dialogue and the call of 2018."""

from collections.abc import Iterator
from datetime import date
from functools import partial
from typing import Any

from cli.facility.make_command import Command, make_command, table, usd

_FILLED = "illustrative (not published): the "

# ── institutions ─────────────────────────────────────────────────────────────────────────────

COUNTERPART = "IN-COUNTERPART"
"""The counterpart that S3 speaks of. It stands for the body that taught dairy policy; no source names one."""
_REGISTERED = {"S1": date(2011, 4, 1), "S3": date(2010, 9, 1)}
_NAMED_BY = {
    "S1": "day, the short name and the type; the name is that of S1's annex",
    "S3": "day, the name, the type and that it is in India; S3 speaks of the counterpart from the country"
    " with the most relevant experience, and names no body",
}


def institutions(source: str) -> Iterator[Command]:
    """Yield the five bodies of the dialogue (S1), or a counterpart that stands for the one of S3."""
    for row in (row for row in table("institutions.csv") if row["source"] == source):
        yield make_command(
            source,
            f"institution {row['institution']}",
            "RegisterInstitution",
            _REGISTERED[source],
            "secretariat-1",
            institution=row["institution"],
            name=row["name"],
            type=row["type"],
            country=row["country"],
            note=f"{_FILLED}{_NAMED_BY[source]}",
        )


# ── consultations of the partners ────────────────────────────────────────────────────────────


def consultations() -> Iterator[Command]:
    """Yield the two meetings that S4 dates by month."""
    for on in (date(2010, 11, 15), date(2011, 4, 15)):
        yield make_command(
            "S4",
            f"consultation {on:%Y-%m}",
            "HoldConsultation",
            on,
            "secretariat-1",
            summary="The partners met and spoke about how the trust fund performs",
            note=f"{_FILLED}day in the month; S4 names the months, not who took part",
        )


# ── the video dialogue of June 2011 ──────────────────────────────────────────────────────────

DIALOGUE = "SSF-2011-06-dialogue"
_DAYS = {"starts": "2011-06-28", "ends": "2011-06-29"}
_COUNTRIES = ["CN", "IN", "ID", "MX", "SG"]


def _bodies() -> list[str]:
    return [row["institution"] for row in table("institutions.csv") if row["source"] == "S1"]


def dialogue() -> Iterator[Command]:
    """Yield the grant of the dialogue, still open: five countries, seven sites, 25 people (S1)."""
    yield from institutions("S1")
    yield from _made_effective()
    yield from _who_took_part()
    yield from _session()


def _made_effective() -> Iterator[Command]:
    money = (
        "day and amount (0.00: S1 says that the World Bank Institute held the dialogue; that it"
        " cost the fund anything is not published)"
    )
    yield _of_dialogue(
        "ProposeGrant",
        date(2011, 4, 1),
        "ttl-1",
        money,
        title="Dialogue on capacity for South-South knowledge exchange",
        window="stand_alone",
        recipients=_COUNTRIES,
        providers=_COUNTRIES,
        sector="Public Sector",
        objective="Learn from each other how a country sets up institutions for South-South exchange",
        amount=usd(0),
        months=12,
        institutions=[
            {"institution": body, "role": role} for role in ("receiving", "providing") for body in _bodies()
        ],
    )
    letters = [{"country": code, "ministry": "not stated", "dated": "2011-04-05"} for code in _COUNTRIES]
    yield _of_dialogue(
        "RequestFunding",
        date(2011, 4, 11),
        "ttl-1",
        f"{money}, budget line and letters",
        amount=usd(0),
        budget=[{"line": "dialogues", "amount": usd(0)}],
        letters=letters,
    )
    yield _of_dialogue("ApproveGrant", date(2011, 5, 2), "approver-1", money, amount=usd(0))
    yield _of_dialogue(
        "MakeEffective",
        date(2011, 5, 16),
        "secretariat-1",
        "day and the closing date: S1 says that dialogues go on in fiscal year 2012",
        closing_date="2012-06-30",
    )


def _who_took_part() -> Iterator[Command]:
    for who, country in (
        ("World Bank Institute", None),
        ("Task Team on South-South Cooperation", None),
        ("Japan International Cooperation Agency", "JP"),
    ):
        yield _of_dialogue(
            "InvolveParty",
            date(2011, 5, 16),
            "ttl-1",
            "day; S1 names who took part beside the five countries",
            role="facilitating",
            organization=who,
            **({"country": country} if country else {}),
        )


def _session() -> Iterator[Command]:
    rows = table("videoconference_2011-06-28_sites.csv")
    activity = {"activity": "A1", **_DAYS, "starts_at": "2011-06-29T03:00Z", "minutes": 180}
    yield _of_dialogue(
        "PlanActivity",
        date(2011, 6, 1),
        "ttl-1",
        "day on which it was planned; sites, hours and countries are S1's",
        instrument="video_conference",
        countries=_COUNTRIES,
        sites=[{"site": row["site"], "time_zone": row["time_zone"]} for row in rows],
        **activity,
    )
    yield _of_dialogue(
        "HoldActivity",
        date(2011, 6, 29),
        "ttl-1",
        "share of each country among the 25 people, so none is stated",
        participants=[{"country": "ZZ", "not_stated": 25}],
        institutions=[{"institution": body} for body in _bodies()],
        **activity,
    )


def _of_dialogue(command: str, on: date, actor: str, filled: str, **fields: Any) -> Command:
    organization = fields.get("organization", "")
    return make_command(
        "S1",
        f"{command} {organization}".strip(),
        command,
        on,
        actor,
        grant=DIALOGUE,
        **fields,
        note=f"{_FILLED}{filled}",
    )


# ── the call of November 2018 ────────────────────────────────────────────────────────────────

CALL = "2018-11"
ENVELOPE = 250_000
RECEIVED = 52
REQUESTED_CENTS = 125_000_000
"""USD 1.25 million in all, asked for in 52 proposals (public page of the call)."""
_OPENED, _LAST, _REVIEWED, _DECIDED, _CLOSED = (
    date(2018, 9, 3),
    date(2018, 10, 31),
    date(2018, 11, 16),
    date(2018, 11, 30),
    date(2018, 12, 14),
)
_CRITERIA = ("demand", "readiness", "results")


def call() -> Iterator[Command]:
    """Yield the call, the ten selected proposals, the 42 others, and the call's end."""
    of_call = partial(make_command, "call 2018-11", call=CALL)
    yield of_call(
        "opened",
        "OpenCall",
        _OPENED,
        "secretariat-1",
        title="Call of November 2018",
        window="stand_alone",
        envelope=usd(ENVELOPE),
        criteria=list(_CRITERIA),
        closes=str(_LAST),
        note=f"{_FILLED}days and criteria; the envelope is that of the call's public page",
    )
    yield from _selected()
    yield from _declined()
    yield of_call(
        "closed",
        "CloseCall",
        _CLOSED,
        "secretariat-1",
        note=f"{_FILLED}day",
    )


def _selected() -> Iterator[Command]:
    rows = table("call_2018-11_selected.csv")
    share = usd(ENVELOPE // len(rows))
    filled = "day and the amount (the published envelope over ten grants)"
    for number, row in enumerate(rows, 1):
        ttl = f"ttl-{number % 3 + 1}"
        recipients = row["receiving"].split(";")
        command_of = partial(_of_proposal, number, ttl)
        yield _of_proposal(
            number,
            ttl,
            "ProposeGrant",
            _LAST,
            f"{filled} and the months (the window's limit, S0); title, sector and countries are those of the"
            " call's public page",
            title=row["title"],
            window="stand_alone",
            call=CALL,
            recipients=recipients,
            providers=row["providing"].split(";"),
            sector=row["sector"],
            objective=f"{row['title']} (the page gives a title and no objective)",
            amount=share,
            months=12,
        )
        letters = [{"country": code, "ministry": "not stated", "dated": str(_LAST)} for code in recipients]
        yield command_of(
            "RequestFunding",
            _LAST,
            f"{filled}, budget line and letters",
            amount=share,
            budget=[{"line": "exchange", "amount": share}],
            letters=letters,
        )
        yield _of_proposal(
            number,
            "reviewer-1",
            "ReviewProposal",
            _REVIEWED,
            "day, scores and advice",
            scores={name: 3 + (number + index) % 3 for index, name in enumerate(_CRITERIA)},
            advice="approve",
        )
        yield _of_proposal(number, "approver-1", "ApproveGrant", _DECIDED, filled, amount=share)


def _declined() -> Iterator[Command]:
    selected = len(table("call_2018-11_selected.csv"))
    others = RECEIVED - selected
    cents, more = divmod(REQUESTED_CENTS - ENVELOPE * 100, others)
    for number in range(selected + 1, RECEIVED + 1):
        asked = cents + (number - selected <= more)
        yield _of_proposal(
            number,
            "ttl-1",
            "ProposeGrant",
            _LAST,
            "day, title, sector, countries, months and amount (an equal part of what the 52 asked for beyond"
            " the envelope); the page says that 52 proposals for USD 1.25 million were received",
            title=f"Proposal {number} of {RECEIVED}: not selected, title not published",
            window="stand_alone",
            call=CALL,
            recipients=["ZZ"],
            providers=["ZZ"],
            sector="not stated",
            objective="Not published",
            amount=f"{asked // 100}.{asked % 100:02} USD",
            months=12,
        )
        yield _of_proposal(
            number,
            "approver-1",
            "DeclineProposal",
            _DECIDED,
            "day; the page says that ten of 52 were selected",
            reason="Not among the ten selected",
        )


def _of_proposal(number: int, actor: str, command: str, on: date, filled: str, **fields: Any) -> Command:
    name = f"selected {number}" if command == "ProposeGrant" and number <= 10 else f"{command} {number}"
    return make_command(
        "call 2018-11",
        name,
        command,
        on,
        actor,
        grant=f"SSF-2018-11-{number:02}",
        **fields,
        note=f"{_FILLED}{filled}",
    )


# ── partners by 2016 ─────────────────────────────────────────────────────────────────────────


def set_aside() -> Iterator[Command]:
    """Yield the money that was set aside for the dialogues of fiscal year 2012 (S1)."""
    yield make_command(
        "S1",
        "resources set aside for dialogues in FY 2012",
        "SetAside",
        date(2011, 7, 1),
        "approver-1",
        set_aside="dialogues-fy2012",
        amount=usd(100_000),
        until="2012-06-30",
        reason="Several dialogues in FY 2012 (July 2011 to June 2012)",
        note=f"{_FILLED}amount, and that it was money of this fund; S1 says that the World Bank Institute set"
        " resources aside for several dialogues in FY 2012",
    )


def changes() -> Iterator[Command]:
    """Yield the partner that had joined and the one that had left by 2016 (S0)."""
    on = date(2015, 12, 31)
    note = f"{_FILLED}day; S0 lists the partners of 2016"
    yield make_command(
        "S0",
        "Indonesia joined",
        "JoinPartner",
        on,
        "secretariat-1",
        partner="ID",
        name="Indonesia",
        kind="emerging",
        note=note,
    )
    yield make_command(
        "S0",
        "Netherlands left",
        "LeavePartner",
        on,
        "secretariat-1",
        partner="NL",
        reason="It is not among the partners of 2016",
        note=note,
    )
