"""The 51 grants of which S4 gives only the number and whose countries it only counts: filled in, one by one.

S4 counts 72 grants and 65 countries, of which 51 receive and 25 do both, and says in how many of the 72 four
partners provide. Annex D names 21. The others are brought forward with the published average, so that the
sums are S4's; which grant has which countries is not published.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from cli.facility.make_command import Command, make_command, usd

GRANTS = 72
"""Grants by October 2011 (S4)."""
_FIRST = 22
"""The number of the first grant that Annex D does not name."""
_COUNTED = date(2011, 10, 31)
_CLOSED = date(2012, 6, 15)
_RECIPIENTS = (
    *("MD", "PK", "IN", "LK", "TH", "VN", "BR", "MA", "TN", "MX", "JM", "DO", "SG", "CN", "CO", "ID"),
    *("ZA", "EG", "PH", "KE", "GH", "ET", "RW", "MW", "MZ", "ZM", "ML", "BF", "NE", "BJ", "TG", "LR"),
    *("SL", "NI", "GT", "BO", "PY", "LA", "KH"),
)
"""The 39 countries that receive beside the 12 that S4 names in six projects."""
_PROVIDERS = (
    *("CN", "CO", "ID", "ZA", "EG", "PH", "KE", "GH", "ET", "RW", "TZ", "UG", "RU", "CL", "AR", "MY"),
    *("TR", "UY", "CR", "MU", "BW", "CV", "JO", "PA", "KZ", "FJ"),
)
"""The 26 countries that provide beside the 13 that S4 names in six projects."""
_MORE = {"CN": 10, "MX": 5, "CO": 4}
"""In how many of the 51 a partner provides. Mexico also does in one that S4 names; Russia is in one."""
_SECTORS = (
    "Agriculture",
    "Transport",
    "Energy",
    "Health, Nutrition and Population",
    "Public Sector",
    "Social Protection",
    "Environment and Natural Resources",
)
_WAIVED = ("completion_report", "client_survey", "results_story", "development_outcome")
_FILLED = (
    "illustrative (not published): the whole grant but that there was one; S4 counts 72 grants of USD 100,000"
    " on average, and the countries of all of them together"
)


def _providers() -> list[str]:
    """Return the country that provides in each of the 51 grants."""
    others = [code for code in _PROVIDERS if code not in _MORE]
    often = [code for code, times in _MORE.items() for _ in range(times)]
    spare = GRANTS - _FIRST + 1 - len(others) - len(often)
    return [*often, *others, *(code for code in others if code != "RU")][: len(often) + len(others) + spare]


def _recipients(number: int, provider: str) -> list[str]:
    """Return the countries that receive in the grant of this index, never the one that provides."""
    first = _RECIPIENTS[number % len(_RECIPIENTS)]
    if first == provider:
        first = _RECIPIENTS[(number + 1) % len(_RECIPIENTS)]
    return [first]


def other_grants() -> Iterator[Command]:
    """Yield the commands of the 51 grants: as they stood in October 2011, and how they end."""
    providers = _providers()
    assert len(providers) == GRANTS - _FIRST + 1
    for index, provider in enumerate(providers):
        # The recipients turn against the providers, so that no country learns from itself.
        yield from _grant(_FIRST + index, _recipients(index, provider), provider)


def _grant(number: int, recipients: list[str], provider: str) -> Iterator[Command]:
    thousands = 100 + ((number - _FIRST) % 3 - 1) * 20
    leader = f"ttl-{number % 3 + 1}"
    effective = date(2009 + number % 2, 7, 15) + timedelta(days=number)
    travel = thousands // 10 * 6
    lines = [
        {"line": "travel", "kind": "travel", "amount": usd(travel * 1000), "paid": usd(travel * 1000)},
        {
            "line": "workshops",
            "kind": "workshop",
            "amount": usd((thousands - travel) * 1000),
            "paid": usd((thousands - travel) * 1000),
        },
    ]
    yield _of(
        number,
        "BringForward",
        _COUNTED,
        "approver-1",
        title=f"Exchange {number} of {GRANTS}: title not published",
        window="stand_alone",
        recipients=recipients,
        providers=[provider],
        sector=_SECTORS[number % len(_SECTORS)],
        objective="Not published",
        months=12,
        leader=leader,
        stage="effective",
        approved_on=str(effective - timedelta(days=20)),
        effective_on=str(effective),
        closing_date="2012-04-30",
        approved=usd(thousands * 1000),
        disbursed=usd(thousands * 1000),
        lines=lines,
        source="S4: 72 grants by October 2011",
    )
    yield _of(number, "CompleteImplementation", date(2012, 4, 20), leader)
    for obligation in _WAIVED:
        reason = "Nothing is published of what became of this grant"
        yield _of(number, "WaiveObligation", _CLOSED, "approver-1", obligation=obligation, reason=reason)
    yield _of(number, "CloseGrant", _CLOSED, "approver-1")


def _of(number: int, command: str, on: date, actor: str, **fields: Any) -> Command:
    item = f" {fields['obligation']}" if "obligation" in fields else ""
    words = make_command("S4", f"grant {number}: {command}{item}", command, on, actor)
    return {**words, "grant": f"SEETF-{number}", **fields, "note": _FILLED}
