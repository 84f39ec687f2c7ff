"""The earlier life of a grant that is brought forward, drawn by dice."""

from decimal import Decimal
from typing import Any

from second_book.basics import money
from support.draws import Draw, promised, shift

EARLIER_LIFE = (
    *("stage", "proposed_on", "approved_on", "signed_on", "effective_on", "closing_date", "completed_on"),
    *("report_accepted_on", "closed_on", "ended_on", "approved", "increased", "cancelled", "disbursed"),
    *("refunded", "lines"),
)
_STAGES = "approved signed effective effective follow_up closed declined lapsed cancelled".split()


def of_earlier_life(name: str, draw: Draw) -> Any:
    """Return a field of a grant that is brought forward. Now and then the fields contradict each other."""
    return _earlier_life(draw).get(name)


def _earlier_life(draw: Draw) -> dict[str, Any]:
    stage = _STAGES[draw.dice // 2 % len(_STAGES)]
    back = [400, 120, 30][draw.dice // 3 % 3]
    approved, effective = shift(draw.on, -back), shift(draw.on, -back + 20)
    over = shift(draw.on, -(draw.dice // 5 % 3))
    life: dict[str, Any] = {"stage": stage, "approved_on": approved, **_totals(draw, stage)}
    if draw.dice // 7 % 3 == 0 or stage == "signed":
        life["signed_on"] = shift(approved, 5)
    if stage in ("effective", "follow_up", "closed") or (stage == "cancelled" and draw.dice // 19 % 2):
        life |= {"effective_on": effective, "closing_date": draw.until}
    if stage == "follow_up" or (stage == "closed" and draw.one_in(2)):
        life["completed_on"] = over
    if stage in ("follow_up", "closed") and draw.one_in(3):
        life["report_accepted_on"] = over
    if stage == "closed":
        life["closed_on"] = over
    if stage in ("declined", "lapsed", "cancelled"):
        life["ended_on"] = over
    if stage == "declined" and not draw.one_in(7):
        del life["approved_on"]
        life.pop("signed_on", None)
    return life | ({"proposed_on": shift(approved, 1 if draw.one_in(9) else -9)} if draw.one_in(2) else {})


def _totals(draw: Draw, stage: str) -> dict[str, Any]:
    """Return totals that add up, now and then by a cent not."""
    if stage == "declined" and not draw.one_in(8):
        return {"approved": "0.00 USD", "disbursed": None}
    approved = money(promised(draw))
    disbursed = approved if draw.one_in(2) else (approved / 3).quantize(Decimal("0.01"))
    refunded = Decimal(draw.dice // 11 % 2) if disbursed else Decimal(0)
    increased = Decimal(draw.dice // 13 % 2 * 10)
    held = approved + increased
    cancelled = held - disbursed + refunded if stage in ("lapsed", "cancelled", "closed") else Decimal(0)
    if draw.one_in(17):
        disbursed = held + Decimal("0.01")
    sums = {"approved": approved, "increased": increased, "cancelled": cancelled}
    sums |= {"disbursed": disbursed, "refunded": refunded}
    held -= cancelled + draw.one_in(19)
    halves = [held - (held / 2).quantize(Decimal("0.01")), (held / 2).quantize(Decimal("0.01"))]
    names = ("travel", "capacity")
    lines = [
        {"line": name, "amount": f"{max(half, Decimal(0)):.2f} USD", "capacity": name == "capacity"}
        for name, half in zip(names, halves, strict=True)
    ]
    if draw.dice // 19 % 2:
        lines[0]["paid"] = f"{max(min(halves[0], disbursed - refunded), Decimal(0)):.2f} USD"
    texts = {name: f"{amount:.2f} USD" for name, amount in sums.items()}
    return texts | ({"lines": lines} if draw.dice // 17 % 2 else {})
