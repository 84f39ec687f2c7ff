"""Rule sets: every rule has the number of the set that introduced it (domain §4.9).

Each entry keeps the number that was in force when it was recorded, and is judged again only by the rules of
that number, so that a rule that is added or made stricter later does not make an honest entry unlawful. A
rule that allows more than before needs no new number.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from lifecycle.kernel.event import Event

RULE_SET = 2
"""The number of the newest rule set. Every entry that is recorded now has it."""
FIRST = 1
"""The number of an entry that was stored without one."""


@dataclass(frozen=True)
class Rule:
    """One rule: a function that raises a refusal, or that names the officers who must not decide.

    The function has as parameters what it uses, by name: ``event``, and of ``grant``, ``fund`` and ``call``
    those that it looks at, each as it stands before the event.
    """

    since: int
    """The number of the rule set that introduced it."""
    check: Callable[..., Any]
    uses: tuple[str, ...] = field(init=False, compare=False)
    """Names of the function's parameters."""

    def __post_init__(self) -> None:
        code = self.check.__code__
        object.__setattr__(self, "uses", code.co_varnames[: code.co_argcount])

    def ask(self, **known: Any) -> Any:
        """Call the function with those values that it uses. Raises what it raises."""
        return self.check(*[known[name] for name in self.uses])


@dataclass(frozen=True, kw_only=True)
class Guards:
    """What is checked before one event, and how it is made from its command."""

    invariants: tuple[Rule, ...] = ()
    """What must be true whenever the event is looked at: also again when an entry dated earlier arrives late
    or is corrected, for every later date stays true (domain §1.3)."""
    balances: tuple[Rule, ...] = ()
    """What must be left of the money. Asked again when another decision arrives late or is corrected, but not
    against events of the world: what the bank paid all the same is overpaid."""
    preconditions: tuple[Rule, ...] = ()
    """What is asked when the event is decided, and again when another decision arrives late; not against late
    events of the world or corrections."""
    requested_by: tuple[Rule, ...] = ()
    """Who asked for what the event decides: they do not decide it (domain §4.4)."""
    made_by: Callable[[Any, Any, Any], Event] | None = None
    """Makes the event from the grant, the command and the fund, if fields are not simply taken over."""


Rules = dict[type[Event], Guards]
"""The rules of a stage, by event."""
NONE = Guards()
"""The guards of an event for which only officer, stage and day are checked."""


def in_set(rules: Iterable[Rule], number: int) -> Iterator[Rule]:
    """The rules that belong to the rule set of this number, in the order in which they were written."""
    return (rule for rule in rules if rule.since <= number)
