"""Attribution: which partner's money each movement was.

Pure functions on movements of money, in whole minor units, in order of day and version. A commitment is drawn
from the partners in proportion to what each then has left. A payment takes from a grant's draws in proportion
to what is unpaid of each, a refund gives back in proportion to what is paid, and a release takes what is
unpaid. An amount that no partner covers belongs to partner ``None``.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence, Set
from math import gcd
from operator import itemgetter
from typing import NamedTuple

from lifecycle.attribution.draws import Draws, Movement, Partner
from lifecycle.attribution.whole_units import (
    Gaps,
    Names,
    handed,
    in_order,
    proportional,
    reduced,
)

DRAWS = ("approved", "increased")
"""The kinds of movement that are drawn from the partners."""


class Part(NamedTuple):
    """One partner's part of a movement."""

    on: str
    grant: str | None
    """`None` for the fund's own movements."""
    kind: str
    """The movement's kind, or ``overpaid``: an amount paid beyond the commitment. It is negative if it was
    given back or a new commitment covers it."""
    partner: Partner
    amount: int
    is_brought_forward: bool = False
    """Whether the movement is one of the totals with which a grant was brought forward."""
    agreement: str | None = None
    """The agreement whose money it is; `None` for the free pool's."""


class _Account:
    """A grant's draws, what is paid of them, and what is requested: in exact shares and in whole units."""

    def __init__(self) -> None:
        self.drawn: Names = {}
        self.paid: Names = {}
        self.denominator = 1
        self.drawn_units: dict[Partner, int] = {}
        self.paid_units: dict[Partner, int] = {}
        self.overpaid = 0
        self.asked: Names = {}
        self.asked_denominator = 1
        self.asked_units: dict[Partner, int] = {}

    @property
    def unpaid(self) -> int:
        """Units of the draws that are not paid."""
        return sum(self.drawn_units.values()) - sum(self.paid_units.values())

    def unpaid_shares(self) -> Names:
        """Return the exact unpaid share of each draw."""
        return {name: share - self.paid[name] for name, share in self.drawn.items()}

    def draw(self, shares: Names, denominator: int) -> None:
        """Add exact shares to the draws."""
        common = gcd(self.denominator, denominator)
        factor = self.denominator // common
        self.scale(denominator // common)
        for name, share in shares.items():
            self.drawn[name] = self.drawn.get(name, 0) + share * factor
            self.paid.setdefault(name, 0)
            self.drawn_units.setdefault(name, 0)
            self.paid_units.setdefault(name, 0)
        self.reduce()

    def reduce(self) -> None:
        """Reduce the exact shares to their smallest denominator."""
        self.denominator = reduced(self.denominator, self.drawn, self.paid)

    def scale(self, factor: int) -> None:
        """Write the exact shares over a denominator that is larger by the factor."""
        if factor > 1:
            for own in (self.drawn, self.paid):
                for name in own:
                    own[name] *= factor
            self.denominator *= factor


def attributed(movements: Iterable[Movement]) -> Iterator[Part]:
    """Yield the parts of all movements.

    The parts of a movement sum to it. The movements must be `ordered`. A draw takes from a partner at most
    what it has left on its day and on every later day. If money goes back to a partner later, what is
    released by then can cover it. Only if that is not enough, each draw leaves what the partner gets back.
    """
    movements, keep_back = list(movements), set[Partner]()
    if any(movement.kind == "returned" for movement in movements):
        while overdrawn := _Attribution(movements, keep_back).overdrawn() - keep_back:
            keep_back |= overdrawn
    return _Attribution(movements, keep_back).parts()


class _Attribution:
    """A walk over movements, with the fund's draws, each grant's account, and the gaps of paid units."""

    def __init__(self, movements: Sequence[Movement], keep_back: Set[Partner]) -> None:
        self.movements = movements
        self.draws = Draws(movements, keep_back)
        self.accounts: dict[str | None, _Account] = defaultdict(_Account)
        self.movements_left = Counter(movement.grant for movement in movements)
        """How many movements of each grant come yet. An account is dropped after the last one."""
        self.paid_gaps = Gaps()
        self.asked_gaps = Gaps()

    def parts(self) -> Iterator[Part]:
        """Yield the parts of the movements, in order."""
        for movement in self.movements:
            grant = movement.grant
            if movement.amount:
                for kind, partner, amount in self._of(movement):
                    if amount:
                        yield Part(movement.on, grant, kind, partner, amount, movement.is_brought_forward)
            self.movements_left[grant] -= 1
            if not self.movements_left[grant]:
                self.accounts.pop(grant, None)

    def overdrawn(self) -> set[Partner]:
        """Return the partners from whom more is drawn or given back at the end of a day than they gave."""
        partners, day = set[Partner](), ""
        for movement in self.movements:
            if movement.on != day:
                partners |= self.draws.overdrawn()
                day = movement.on
            if movement.amount:
                deque(self._of(movement), maxlen=0)
        return partners | self.draws.overdrawn()

    def _of(self, movement: Movement) -> Iterator[tuple[str, Partner, int]]:
        kind, amount = movement.kind, movement.amount
        if kind in ("received", "returned", "income"):
            self.draws.move(movement)
            yield kind, movement.partner, amount
        elif kind == "fees":
            income = min(amount, max(0, self.draws.income))
            self.draws.income -= income
            yield kind, None, income
            yield from self._draw(movement._replace(amount=amount - income))
        elif kind in DRAWS:
            yield from self._draw(movement)
            yield from self._take_up(self.accounts[movement.grant], amount)
        elif kind == "cancelled":
            yield from self._release(self.accounts[movement.grant], amount)
        elif kind == "requested":
            yield from self._ask(self.accounts[movement.grant], amount)
        elif kind == "disbursed" and amount > 0:
            yield from self._pay(self.accounts[movement.grant], amount)
        else:
            sign = -1 if kind == "disbursed" else 1
            yield from self._give_back(self.accounts[movement.grant], kind, abs(amount), sign)

    def _draw(self, movement: Movement) -> Iterator[tuple[str, Partner, int]]:
        """Draw the amount from the partners, in proportion to what each has left."""
        amount, account = movement.amount, self.accounts[movement.grant]
        if not amount:
            return
        shares, denominator = self.draws.shares(movement)
        account.draw(dict(shares), denominator)
        inner = {
            name: account.drawn[name] - account.drawn_units[name] * account.denominator
            for name in in_order(shares)
        }
        outer = self.draws.gaps_after(shares, denominator)
        rooms = self.draws.rooms(movement)
        room = {name: amount if name is None else rooms[name] for name in inner}
        if sum(room.values()) < amount:  # the exact shares cover the amount, the whole units do not
            account.draw({None: 0}, 1)
            inner, room = {**inner, None: inner.get(None, 0)}, {**room, None: amount}
        units = handed(amount, (account.denominator, inner), outer, room)
        self.draws.take(shares, denominator, units)
        for name, count in units.items():
            account.drawn_units[name] += count
            yield movement.kind, name, count

    def _take_up(self, account: _Account, amount: int) -> Iterator[tuple[str, Partner, int]]:
        """Pay what is overpaid from the new draws."""
        taken = min(account.overpaid, amount)
        if taken:
            account.overpaid -= taken
            yield "overpaid", None, -taken
            yield "disbursed", None, -taken
            yield from self._pay(account, taken)

    def _pay(self, account: _Account, amount: int) -> Iterator[tuple[str, Partner, int]]:
        """Take from the draws in proportion to what is unpaid of each. An amount beyond them is overpaid."""
        unpaid = account.unpaid
        beyond = max(0, amount - unpaid)
        account.overpaid += beyond
        yield "overpaid", None, beyond
        yield "disbursed", None, beyond
        amount -= beyond
        if not amount:
            return
        shares = {name: share * amount for name, share in account.unpaid_shares().items() if share}
        account.scale(unpaid)
        for name, share in shares.items():
            account.paid[name] += share
        self.paid_gaps.add(shares, account.denominator)
        account.reduce()
        inner = {
            name: account.paid[name] - account.paid_units[name] * account.denominator
            for name in in_order(account.drawn)
        }
        room = {name: account.drawn_units[name] - account.paid_units[name] for name in inner}
        units = handed(amount, (account.denominator, inner), self.paid_gaps.of(inner), room)
        self.paid_gaps.take(units)
        for name, count in units.items():
            account.paid_units[name] += count
            yield "disbursed", name, count

    def _give_back(
        self, account: _Account, kind: str, amount: int, sign: int
    ) -> Iterator[tuple[str, Partner, int]]:
        """Give back what is overpaid first, then to the draws in proportion to what is paid of each."""
        beyond = min(account.overpaid, amount)
        account.overpaid -= beyond
        yield "overpaid", None, -beyond
        yield kind, None, sign * beyond
        amount -= beyond
        if amount and not any(account.paid_units.values()):
            yield kind, None, sign * amount  # nothing is paid: only an old book says so
            return
        yield from self._take_back(account, kind, amount, sign)

    def _take_back(
        self, account: _Account, kind: str, amount: int, sign: int
    ) -> Iterator[tuple[str, Partner, int]]:
        """Give back to the draws in proportion to what is paid of each."""
        if not amount:
            return
        paid = sum(account.paid_units.values())
        shares = {name: share * amount for name, share in account.paid.items() if share}
        account.scale(paid)
        for name, share in shares.items():
            account.paid[name] -= share
        self.paid_gaps.add({name: -share for name, share in shares.items()}, account.denominator)
        account.reduce()
        inner = {
            name: account.paid_units[name] * account.denominator - account.paid[name]
            for name in in_order(account.drawn)
        }
        room = {name: account.paid_units[name] for name in inner}
        units = handed(amount, (account.denominator, inner), self.paid_gaps.of(inner, -1), room)
        self.paid_gaps.take({name: -count for name, count in units.items()})
        for name, count in units.items():
            account.paid_units[name] -= count
            yield kind, name, sign * count

    def _release(self, account: _Account, amount: int) -> Iterator[tuple[str, Partner, int]]:
        """Give back to the partners what is not paid, in proportion to what is unpaid from each.

        If less than the amount is unpaid, because it was learned later that the bank had paid more, the
        difference becomes overpaid first, and belongs to no partner.
        """
        owed = min(max(0, amount - account.unpaid), sum(account.paid_units.values()))
        if owed:
            yield from self._take_back(account, "disbursed", owed, -1)
            account.overpaid += owed
            yield "disbursed", None, owed
            yield "overpaid", None, owed
        unpaid = account.unpaid
        if amount > unpaid:  # only an old book releases more than is drawn
            yield "cancelled", None, amount - unpaid
            amount = unpaid
        if not amount:
            return
        shares = {name: share * amount for name, share in account.unpaid_shares().items() if share}
        account.scale(unpaid)
        for name, share in shares.items():
            account.drawn[name] -= share
        freed, denominator = shares, account.denominator
        account.reduce()
        inner = {
            name: account.drawn_units[name] * account.denominator - account.drawn[name]
            for name in in_order(account.drawn)
        }
        room = {name: account.drawn_units[name] - account.paid_units[name] for name in inner}
        outer = self.draws.gaps_after({name: -share for name, share in freed.items()}, denominator, sign=-1)
        units = handed(amount, (account.denominator, inner), outer, room)
        self.draws.give(freed, denominator, units)
        for name, count in units.items():
            account.drawn_units[name] -= count
            yield "cancelled", name, count

    def _ask(self, account: _Account, amount: int) -> Iterator[tuple[str, Partner, int]]:
        """Split a request by what is unpaid from each partner, a rejection by what each was asked for."""
        sign, size = (1, amount) if amount > 0 else (-1, -amount)
        if sign > 0:
            weights = account.unpaid_shares() if account.unpaid else account.drawn
        else:
            weights = account.asked
        weights = {name: weight for name, weight in weights.items() if weight > 0} or {None: 1}
        shares, denominator = proportional(size, weights)
        for name in account.asked:
            account.asked[name] *= denominator
        for name, share in shares.items():
            change = sign * share * account.asked_denominator
            account.asked[name] = account.asked.get(name, 0) + change
            account.asked_units.setdefault(name, 0)
        account.asked_denominator *= denominator
        self.asked_gaps.add({name: sign * share for name, share in shares.items()}, denominator)
        account.asked_denominator = reduced(account.asked_denominator, account.asked)
        inner = {
            name: sign * (account.asked[name] - account.asked_units[name] * account.asked_denominator)
            for name in in_order(account.asked)
        }
        room = {name: size if sign > 0 else account.asked_units[name] for name in inner}
        if sign < 0 and sum(room.values()) < size:
            room[None] = size
            inner.setdefault(None, 0)
            account.asked.setdefault(None, 0)
            account.asked_units.setdefault(None, 0)
        units = handed(size, (account.asked_denominator, inner), self.asked_gaps.of(inner, sign), room)
        self.asked_gaps.take({name: sign * count for name, count in units.items()})
        for name, count in units.items():
            account.asked_units[name] += sign * count
            yield "requested", name, sign * count


# ── the order ────────────────────────────────────────────────────────────────────────────────


def ordered(
    fund: Iterable[Movement],
    grants: Iterable[tuple[str, Iterable[Movement]]],
    pairs: Iterable[tuple[str, str, int, int]],
) -> list[Movement]:
    """Return all movements in order of day and version in the fund's stream.

    ``grants``: each grant with its movements in their order, by grant. ``pairs``: the fund's paired entries
    of commitments, as grant, day, amount (negative for a release) and version. A commitment has the version
    of its pair. A payment or a request follows the grant's last commitment on the same day.
    """
    versions: dict[tuple[str, str, bool], list[int]] = defaultdict(list)
    for grant, on, amount, pair_version in pairs:
        versions[grant, on, amount > 0].append(pair_version)
    placed = [*fund]
    for grant, own in grants:
        on, version = "", 0
        used: dict[tuple[str, str, bool], int] = defaultdict(int)
        for movement in own:
            if movement.on != on:
                on, version = movement.on, 0
            kind = movement.kind
            if movement.amount and (kind in DRAWS or kind == "cancelled"):
                key = (grant, on, kind in DRAWS)
                pair_versions = versions.get(key, ())
                if used[key] < len(pair_versions):
                    version = max(version, pair_versions[used[key]])
                    used[key] += 1
            placed.append(movement._replace(version=version))
    # Sorting keeps the order of equal movements: the fund's first, then by grant.
    placed.sort(key=_VERSION)
    placed.sort(key=_DAY)
    return placed


_DAY, _VERSION = itemgetter(Movement._fields.index("on")), itemgetter(Movement._fields.index("version"))


def least_left(movements: Iterable[Movement], partner: str, since: str) -> tuple[int, str]:
    """Return the least amount that the partner has left from the day on, and the first day with it.

    What is left is what was received, less what was returned or drawn for grants and fees.
    """
    by_day: dict[str, int] = defaultdict(int)
    for part in attributed(movements):
        if part.partner == partner and part.kind in _LEAVES:
            by_day[part.on] += _LEAVES[part.kind] * part.amount
    left = sum(change for on, change in by_day.items() if on <= since)
    least, day = left, since
    for on in sorted(on for on in by_day if on > since):
        left += by_day[on]
        if left < least:
            least, day = left, on
    return least, day


def left_at(movements: Iterable[Movement], on: str) -> dict[str, int]:
    """Return what each partner has left at the end of the day, in minor units, by what came until then."""
    left: dict[str, int] = defaultdict(int)
    for part in attributed(movement for movement in movements if movement.on <= on):
        if part.partner is not None and part.kind in _LEAVES:
            left[part.partner] += _LEAVES[part.kind] * part.amount
    return left


_LEAVES = {"received": 1, "cancelled": 1, "returned": -1, "fees": -1, "approved": -1, "increased": -1}

__all__ = ["DRAWS", "Movement", "Part", "attributed", "least_left", "left_at", "ordered"]
