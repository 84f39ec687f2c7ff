"""Partners' agreements, drawn by dice: their names, terms and money."""

from typing import Any

from lifecycle.kernel.command import Command
from support import given as g
from support.draws import Draw, shift

NAMES = ("DK-1", "DK-2", "ES-1")
_WISHES: list[dict[str, Any] | None] = [
    {"strength": "hard", "countries": ["TZ", "UG"]},
    {"strength": "soft", "windows": ["stand_alone"]},
    {"strength": "hard", "regions": ["Sub-Saharan Africa"]},
    {"strength": "soft", "regions": ["South Asia"], "countries": ["UG"]},
    {"strength": "soft", "sectors": ["Agriculture"]},
    None,
    {"strength": "hard", "windows": ["standalone"]},
    {"strength": "hard", "windows": ["programmatic"], "sectors": ["agriculture"]},
]


def agreement(draw: Draw) -> str | None:
    """Return an agreement, often none, and now and then in another spelling."""
    name = [None, *NAMES, "DK-1", "DK-2"][draw.dice // 2 % 6]
    return name and (name.lower() if draw.one_in(19) else name)


def new_agreement(draw: Draw) -> str | None:
    """Return the name of an agreement, now and then in another spelling, or none."""
    name = ["DK-1", "DK-2", "ES-1", "DK-2"][draw.dice // 2 % 4]
    return None if draw.one_in(6) else name.lower() if draw.one_in(7) else name


def preference(draw: Draw) -> dict[str, Any] | None:
    """Return which grants the money is for; all alike if none."""
    return _WISHES[draw.dice // 3 % len(_WISHES)]


def valid_until(draw: Draw) -> str | None:
    """Return the last day on which grants may draw, if there is one."""
    days = [None, None, shift(draw.on, 30), shift(draw.on, 1500), shift(draw.on, -1), "2017-06-15"]
    return days[draw.dice // 5 % len(days)]


def end_disbursement(draw: Draw) -> str | None:
    """Return the last day on which the money may be paid, if there is one."""
    days = [None, None, None, shift(draw.on, 200), shift(draw.on, 2000), "2012-04-07", "2018-06-01"]
    return days[draw.dice // 11 % len(days)]


def fee_percent(draw: Draw) -> str | None:
    """Return the most that fees may be, if there is a limit."""
    return [None, "5", "0.0125", None][draw.dice // 13 % 4]


def reports_every(draw: Draw) -> int | None:
    """Return the months of a period of reports, if any are asked for."""
    return [None, 12, None, 3, None][draw.dice // 17 % 5]


def pool_waiver(draw: Draw) -> str | None:
    """Return a reason to pay after the end of a pool, now and then."""
    return "the donor agrees" if draw.one_in(4) else None


def begun_agreements(dice: Any) -> list[Command]:
    """Return commands by which one partner or two agree and pay before the grants begin; often none."""
    if dice.random() < 0.3:
        return []
    commands = []
    for name in NAMES[: dice.randrange(1, 3)]:
        draw = Draw("", dice.choice(["2009-01-05", "2012-01-15"]), 0, "", "", dice.randrange(1 << 30))
        terms = {
            "preference": preference(draw),
            "valid_until": valid_until(draw) if dice.random() < 0.5 else None,
            "end_disbursement": dice.choice([None, "2012-04-07", "2017-05-15", end_disbursement(draw)]),
            "fee_percent": fee_percent(draw),
        }
        terms = {term: value for term, value in terms.items() if value is not None}
        commands.append(g.agree_contribution(draw.on, agreement=name, **terms))
        amount = dice.choice(["60000.00 USD", "33333.33 USD", "100000.00 USD", "250000.01 USD"])
        commands.append(g.receive(draw.on, agreement=name, amount=amount))
    return commands
