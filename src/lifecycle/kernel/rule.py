"""Rules and rule sets: every rule has the number of the set that introduced it (domain §4.9).

Each entry keeps the number that was the newest when it was recorded, and is judged again only by the rules
of that number. So a rule that is added or made stricter later does not make an earlier entry unlawful. A rule
that allows more than before needs no new number.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from lifecycle.kernel.event import Event

RULE_SET = 3
"""The number of the newest rule set, under which entries are recorded now."""
FIRST = 1
"""The number for an entry that was stored without one."""


@dataclass(frozen=True)
class Rule:
    """One rule: a function that raises a refusal, or that returns the officers who may not decide.

    The function takes the parameters that it uses, by name: ``event``, and ``grant``, ``fund``, ``call`` or
    ``directory`` as they stand before the event.
    """

    since: int
    """The number of the rule set that introduced it."""
    check: Callable[..., Any]
    uses: tuple[str, ...] = field(init=False, compare=False)
    """The names of the function's parameters."""

    def __post_init__(self) -> None:
        code = self.check.__code__
        object.__setattr__(self, "uses", code.co_varnames[: code.co_argcount])

    def apply(self, **values: Any) -> Any:
        """Call the function with those of the values that it uses. Raises its refusal."""
        return self.check(*[values[name] for name in self.uses])


@dataclass(frozen=True, kw_only=True)
class Guards:
    """The rules of one event, and how the event is made from its command."""

    invariants: tuple[Rule, ...] = ()
    """Must be true whenever the event is looked at, also after an entry of an earlier day arrives late or is
    corrected, because every later day stays true (domain §1.3)."""
    balances: tuple[Rule, ...] = ()
    """What must be left of the money, or of a window's room for activities. Checked again when another
    decision arrives late or is corrected, but not after an event of the world: what the bank paid
    nevertheless is overpaid."""
    preconditions: tuple[Rule, ...] = ()
    """Checked when the event is decided, and again when another decision arrives late, but not after late
    events of the world or corrections."""
    requested_by: tuple[Rule, ...] = ()
    """Return the officers who asked for what the event decides, and so may not decide it (domain §4.4)."""
    arithmetic: tuple[Rule, ...] = ()
    """All that is checked of an event that was brought in as history: that it names what there is, and that
    the sums are possible (domain §14)."""
    made_by: Callable[[Any, Any, Any], Event] | None = None
    """Makes the event from the grant, the command's draft and the fund, if the command holds a draft."""
    made_in_history: Callable[[Any, Any, Any], Event] | None = None
    """Makes the event as `made_by` does, if it was brought in as history and `made_by` may refuse that."""


Rules = dict[type[Event], Guards]
"""The rules of each event of a stage."""
NONE = Guards()
"""The guards of an event for which only officer, stage and day are checked."""


def in_set(rules: Iterable[Rule], number: int) -> Iterator[Rule]:
    """Return the rules that belong to the rule set of this number, in their order."""
    return (rule for rule in rules if rule.since <= number)
