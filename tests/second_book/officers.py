"""Who may do what, on which day."""

from collections.abc import Iterator

from second_book.words import ROLE, Fact, State, standing, struck


def roles_of(fund: State, officer: str, day: str, *, ending: bool = False) -> set[str]:
    """Given and taken, in order of days; those that end on the day count for what was done already."""
    roles: set[str] = set()
    for on, name, gives, named in sorted(fund["officers"], key=lambda one: one[0]):
        if name == officer and on <= day and not (ending and not gives and on == day):
            roles = roles | set(named) if gives else roles - set(named) if named else set()
    return roles


def not_permitted(fund: State, f: Fact, *, done: bool = True) -> Iterator[str]:
    """Why the officer may not do it, or not be the one who writes it down."""
    role, roles = ROLE.get(f["command"]), roles_of(fund, f["actor"], f["on"], ending=done)
    if role is None:
        return
    if not roles:
        yield "NotAnOfficer"
    if role not in ("any", *roles):
        yield "RoleNotHeld"
    recorder = roles_of(fund, f["recorder"], f["on"], ending=done)
    if f["recorder"] != f["actor"] and "administrator" not in recorder:
        yield "RecorderNotAdministrator"


def no_more_permitted(
    facts: list[Fact], streams: dict[str, list[Fact]], was: State, now: State
) -> Iterator[str]:
    """Which act, of those that stand, is no longer one of an officer who had the role.

    ``facts``: the stream with its new fact. ``was``, ``now``: the fund before and after it.
    """
    if "entry" in facts[-1]:
        read = {fact["version"]: fact for fact in standing(facts[:-1])}
        for fact in standing(facts):
            old = read.get(fact["version"])
            if old != fact and not (old and any(not_permitted(now, old))):
                yield from not_permitted(now, fact)
    if was is now:
        return
    acts = [
        (fact["on"], name, fact["version"], fact)
        for name, some in streams.items()
        for fact in (*standing(some), *(one for one in some if "entry" in one))
        if fact["version"] not in struck(some)
    ]
    for *_, fact in sorted(acts, key=lambda act: act[:3]):
        if not any(not_permitted(was, fact)):
            yield from not_permitted(now, fact)
