"""What each agreement's pool has left, and what a grant draws from pools, by domain §9.

Amounts are in cents. A draw is kept with its place: its rank and the agreement. Rank 1 is money that is only
for such grants, rank 2 money that is for them first, rank 3 any other. The free pool has no agreement.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from second_book.agreements import terms_on
from second_book.basics import GRACE, Event, State, money, months_later

if TYPE_CHECKING:
    from second_book.histories import Histories

Place = tuple[int, str]
Parts = dict[Place, int]
FREE = (3, "~")
"""The place of the free pool, which sorts behind all others."""
REGIONS = dict.fromkeys(("TZ", "UG", "KE"), "sub-saharan africa")


def cents(amount: object) -> int:
    """Return the amount in cents."""
    return int(money(str(amount)) * 100)


def divided(amount: int, rooms: Parts, *, last_first: bool = False) -> Parts:
    """Return the amount in parts of the rooms: rank after rank, pro rata within a rank."""
    parts: Parts = {}
    for rank in (3, 2, 1) if last_first else (1, 2, 3):
        own = sorted(place for place, room in rooms.items() if place[0] == rank and room > 0)
        whole = sum(rooms[place] for place in own)
        share = min(amount, whole)
        amount -= share
        for place in own:
            parts[place] = share * rooms[place] // whole
        rest = share - sum(parts[place] for place in own)
        by_remainder = sorted(own, key=lambda place: (-(share * rooms[place] % whole), place))
        for place in by_remainder[:rest]:
            parts[place] += 1
    return {place: part for place, part in parts.items() if part}


def plus(parts: Parts, more: Parts, sign: int = 1) -> Parts:
    """Return the sums of both."""
    return {place: parts.get(place, 0) + sign * more.get(place, 0) for place in {**parts, **more}}


# ── a grant's draws, day by day ──────────────────────────────────────────────────────────────────


class Grant:
    """What a grant has drawn and what is paid of it, from its commitments and payments by day."""

    def __init__(self, state: State, kept: list[tuple[str, int, Parts]]) -> None:
        self.kept = list(kept)
        self.commitments = [(day, cents(amount)) for day, amount in state["commitments"]]
        self.payments = [(day, cents(amount)) for day, amount in state["paid"]]

    def days(self) -> list[str]:
        """Return the days on which something changes."""
        kept = [(day, amount) for day, amount, _ in self.kept]
        changes = [*kept, *self.commitments, *self.payments]
        return sorted({day for day, _ in changes})

    def drawn_on(self, day: str) -> Parts:
        """Return what the changes of the day draw. What no kept draw has is the free pool's."""
        kept = [(amount, parts) for on, amount, parts in self.kept if on == day]
        is_changed = any(on == day and amount != 0 for on, amount in self.commitments)
        drawn: Parts = {}
        if not is_changed and sum(amount for amount, _ in kept) != 0:
            return drawn
        for _, parts in kept:
            drawn = plus(drawn, parts)
        drawn[FREE] = 0
        whole = sum(amount for on, amount in self.commitments if on == day)
        return {**drawn, FREE: whole - sum(drawn.values())}

    def walk(self) -> Iterator[tuple[str, Parts, Parts]]:
        """Yield each day with what is drawn and paid at its end. A payment follows the draws of its day."""
        drawn: Parts = {}
        paid: Parts = {}
        over = 0
        for day in self.days():
            drawn = plus(drawn, self.drawn_on(day))
            for place in drawn:
                beyond = min(max(0, paid.get(place, 0) - drawn[place]), paid.get(place, 0))
                if beyond:
                    paid[place] -= beyond
                    over += beyond
            taken_up = divided(over, plus(drawn, paid, -1))
            paid, over = plus(paid, taken_up), over - sum(taken_up.values())
            for amount in [amount for on, amount in self.payments if on == day]:
                if amount > 0:
                    parts = divided(amount, plus(drawn, paid, -1))
                    paid, over = plus(paid, parts), over + amount - sum(parts.values())
                else:
                    settled = min(over, -amount)
                    over -= settled
                    paid = plus(paid, divided(-amount - settled, paid, last_first=True), -1)
            yield day, drawn, dict(paid)

    def at(self, day: str) -> tuple[Parts, Parts]:
        """Return what is drawn and what is paid at the end of the day."""
        found: tuple[Parts, Parts] = {}, {}
        for on, drawn, paid in self.walk():
            if on <= day:
                found = drawn, paid
        return found

    def least(self, day: str, *, unpaid: bool) -> Parts:
        """Return the least that is drawn, or drawn and unpaid, from each place on the day and later ones."""
        days = {day, *(on for on in self.days() if on > day)}
        sums = []
        for on in days:
            drawn, paid = self.at(on)
            sums.append(plus(drawn, paid, -1) if unpaid else drawn)
        places = {place for parts in sums for place in parts}
        return {place: min(parts.get(place, 0) for parts in sums) for place in places}

    def change(self, day: str, parts: Parts) -> None:
        """Add draws, or give them back below zero."""
        whole = sum(parts.values())
        self.kept.append((day, whole, parts))
        self.commitments.append((day, whole))


# ── the pools ────────────────────────────────────────────────────────────────────────────────────


def changes_of(
    book: "Histories", known: int | None, instead: dict[str, list[Event]]
) -> dict[str, dict[str, int]]:
    """Return by how much what is left of each pool changes, by pool and day."""
    events = {name: book.events(name, known) for name in book.streams} | instead
    fund = book.replay_fund(events["fund"])
    changes = [(FREE[1], day, 100 * amount) for day, amount in fund["own_flows"] if amount]
    for agreement, day, amount, _ in fund["named_flows"]:
        changes += [(agreement, day, 100 * amount), (FREE[1], day, -100 * amount)]
    for name in events:
        if name.startswith("grant:"):
            grant = book.replay_grant(name, events[name])
            taken = (*grant["commitments"], *grant["overpayments"])
            changes += [(FREE[1], day, -100 * amount) for day, amount in taken]
    for kept in fund["drawn"].values():
        for day, _, parts in kept:
            for (_, agreement), part in parts.items():
                if agreement != FREE[1]:
                    changes += [(agreement, day, -part), (FREE[1], day, part)]
    pools = {agreement: dict[str, int]() for agreement in (*fund["agreements"], FREE[1])}
    for agreement, day, amount in changes:
        pool = pools.setdefault(agreement, {})
        pool[day] = pool.get(day, 0) + int(amount)
    return pools


def left_on(pool: dict[str, int], day: str) -> int:
    """Return what is left at the end of the day."""
    return sum(amount for on, amount in pool.items() if on <= day)


def least_left(pool: dict[str, int], day: str) -> int:
    """Return the least that is left on the day or a later one, and at least nothing."""
    return max(0, min(left_on(pool, on) for on in {day, *(on for on in pool if on > day)}))


def rank_of(terms: State, grant: State, on: str) -> int | None:
    """Return the rank of an agreement's money for the grant, or None if it may not draw from it."""
    if on > terms.get("valid_until", "9999"):
        return None
    wish = terms.get("preference")
    if wish is None:
        return 3
    countries = [code for code in grant["recipients"] if code != "ZZ"]
    regions = [region.casefold() for region in wish.get("regions") or ()]
    places = {*(wish.get("countries") or ())}
    there = all(code in places or REGIONS.get(code) in regions for code in countries)
    fits = (not wish.get("windows") or grant["window"] in wish["windows"]) and (
        not wish.get("sectors") or grant["sector"].casefold() in [s.casefold() for s in wish["sectors"]]
    )
    fits = fits and (not (places or regions) or (bool(countries) and there))
    if wish["strength"] == "hard":
        return 1 if fits else None
    return 2 if fits else 3


class Draws:
    """The draws of a command, which changes the commitment of one grant on one day or several."""

    def __init__(self, book: "Histories", name: str, before: State, after: State) -> None:
        self.fund = book.state_of("fund")
        self.pools = changes_of(book, None, {})
        self.state = after if after["stage"] else before
        held = {"commitments": before["commitments"], "paid": after["paid"]}
        self.grant = Grant(held, self.fund["drawn"].get(name, []))
        self.moving: Parts = {}
        self.is_short = False

    def of(self, changes: Iterable[tuple[str, int]]) -> dict[str, Parts]:
        """Return the draws by day. What is given back comes first, then what is drawn."""
        amounts = dict(changes)
        more = sum(amount for amount in amounts.values() if amount > 0)
        less = -sum(amount for amount in amounts.values() if amount < 0)
        moves, parts = min(more, less), dict[str, Parts]()
        for day in sorted(day for day, amount in amounts.items() if amount < 0):
            of_move = min(moves, -amounts[day])
            moves -= of_move
            parts[day] = self.give_back(day, -amounts[day] - of_move, of_move)
            self.keep(day, parts[day])
        for day in sorted(day for day, amount in amounts.items() if amount > 0):
            parts[day] = self.draw(day, amounts[day])
            self.keep(day, parts[day])
        drawn = [sums for _, sums, _ in self.grant.walk()]
        self.is_short |= any(amount < 0 for sums in drawn for amount in sums.values())
        return parts

    def keep(self, day: str, parts: Parts) -> None:
        """Change the grant and the pools."""
        self.grant.change(day, parts)
        for (_, agreement), part in parts.items():
            pool = self.pools.setdefault(agreement, {})
            pool[day] = pool.get(day, 0) - part

    def give_back(self, day: str, amount: int, of_move: int) -> Parts:
        """Return what a release gives back, below zero: the unpaid first, the last rank first."""
        back = divided(amount, self.grant.least(day, unpaid=True), last_first=True)
        rest = amount - sum(back.values())
        back = plus(back, divided(rest, plus(self.grant.least(day, unpaid=False), back, -1), last_first=True))
        again = divided(of_move, plus(self.grant.at(day)[0], back, -1))
        self.moving = plus(self.moving, again)
        back = plus(back, again)
        back[FREE] = back.get(FREE, 0) + amount + of_move - sum(back.values())
        return {place: -part for place, part in back.items() if part}

    def draw(self, day: str, amount: int) -> Parts:
        """Return what is drawn: what the command or the day gave back first, then by rank."""
        wanted = {place: part for place, part in self.moving.items() if part > 0}
        if not self.moving:
            for on, _, parts in self.grant.kept:
                wanted = plus(wanted, parts, -1) if on == day else wanted
        left = {agreement: least_left(pool, day) for agreement, pool in self.pools.items()}
        rooms: Parts = {}
        for place in sorted(place for place, part in wanted.items() if part > 0):
            others = sum(room for (_, agreement), room in rooms.items() if agreement == place[1])
            rooms[place] = min(wanted[place], left.get(place[1], 0) - others)
        drawn = divided(amount, rooms)
        self.moving = plus(self.moving, drawn, -1) if self.moving else {}
        for (_, agreement), part in drawn.items():
            left[agreement] -= part
        ranked = {FREE: left[FREE[1]]}
        for agreement, known in self.fund["agreements"].items():
            rank = rank_of(terms_on(known, day), self.state, day)
            if rank and known["stated"][0][0] <= day:
                ranked[rank, agreement] = left[agreement]
        drawn = plus(drawn, divided(amount - sum(drawn.values()), ranked))
        missing = amount - sum(drawn.values())
        self.is_short |= missing > 0
        drawn[FREE] = drawn.get(FREE, 0) + missing
        return {place: part for place, part in drawn.items() if part}


def ends_before(fund: State, places: Iterable[Place], on: str, day: str) -> bool:
    """Return whether the money of an agreement among these may no longer be paid on the day."""
    terms = (terms_on(fund["agreements"][name], on) for _, name in places if name != FREE[1])
    return any(day > known.get("end_disbursement", "9999") for known in terms)


def pays_after_end(state: State, event: Event, fund: State, amount: int) -> bool:
    """Return whether a payment would draw from money that may no longer be paid."""
    kept = fund["drawn"].get(event.get("grant"))
    if kept is None:
        return False
    drawn, paid = Grant(state, kept).at(event["on"])
    return ends_before(fund, divided(amount, plus(drawn, paid, -1)), event["on"], event["on"])


def closes_after_end(event: Event, fund: State) -> bool:
    """Return whether payments would be possible after the end of a pool that the grant has drawn from."""
    drawn: Parts = {}
    for on, _, parts in fund["drawn"].get(event.get("grant"), []):
        drawn = plus(drawn, parts) if on <= event["on"] else drawn
    places = [place for place, part in drawn.items() if part > 0]
    deadline = months_later(event["closing_date"], GRACE)
    return not event.get("pool_waiver") and ends_before(fund, places, event["on"], deadline)


def fees_beyond(fund: State, name: str, since: str) -> int:
    """Return by how much fees exceed what the agreement allows on the worst day, in 10,000ths of cents."""
    flows = [(day, cents(amount), kind) for of, day, amount, kind in fund["named_flows"] if of == name]
    flows = [flow for flow in flows if flow[2] in ("ReceiveInstalment", "ChargeFee")]
    beyond = 0
    for day in {since, *(on for on, _, _ in flows if on > since)}:
        percent = terms_on(fund["agreements"][name], day).get("fee_percent")
        if percent is not None:
            received = sum(amount for on, amount, _ in flows if on <= day and amount > 0)
            fees = -sum(amount for on, amount, _ in flows if on <= day and amount < 0)
            beyond = max(beyond, int(1_000_000 * fees - 10_000 * received * money(str(percent))))
    return beyond
