"""The tries of a command: a refused command that is judged again gets an id of its own for each try.

The id of the second try is made from the first id, and so is the id of every later one. All answers are kept.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from datetime import date
from itertools import count
from typing import NamedTuple
from uuid import NAMESPACE_URL, UUID, uuid5

from lifecycle.journal.command_digest import digest_of
from lifecycle.journal.recorder import CommandResult, Receipt
from lifecycle.kernel.command import Command

_NAMESPACE = uuid5(NAMESPACE_URL, "grantbook:try")
_FIRST_PAGE, _LARGEST_PAGE = 4, 512
"""How many ids of tries are asked for at once: few at first, then twice as many each time."""


class Retry(NamedTuple):
    """How a command is recorded whose id may have been given before."""

    judge_again: bool = True
    """Whether it is judged again, under an id of its own, if it was refused before."""
    filled_in: tuple[str, ...] = ()
    """Of ``on`` and ``actor`` those that were not given: an earlier receipt may have others."""


def try_id(first: str, number: int) -> str:
    """Return the id of a command's second or later try: ``uuid5(first id, number)``.

    An id that is no UUID is first made one.
    """
    try:
        namespace = UUID(first)
    except ValueError:
        namespace = uuid5(_NAMESPACE, first)
    return str(uuid5(namespace, str(number)))


def tries_after(
    first: Receipt,
    says_the_same: Callable[[Receipt], bool],
    receipts_of: Callable[[Sequence[str]], Mapping[str, Sequence[Receipt]]],
) -> list[Receipt]:
    """Return the receipts of a refused command's tries: the first one, then those that were judged again."""
    tries = [first]
    for ids in _pages(first.command_id):
        receipts = receipts_of(ids)
        for id_ in ids:
            receipt = next(filter(says_the_same, receipts.get(id_, ())), None)
            if receipt is None:
                return tries
            tries.append(receipt)
    return tries


def _pages(first: str) -> Iterator[list[str]]:
    number, size = 2, _FIRST_PAGE
    for _ in count():
        yield [try_id(first, number + more) for more in range(size)]
        number, size = number + size, min(2 * size, _LARGEST_PAGE)


def with_fields_of(command: Command, receipt: Receipt, filled_in: Sequence[str]) -> bytes:
    """Return the digest of the command with the day and the officer of a receipt in the given fields."""
    values = {"on": date.fromisoformat(receipt.on), "actor": receipt.actor}
    same = copy(command)
    update = {name: values[name] for name in filled_in}
    same.__dict__["event"] = command.event.model_copy(update=update)
    return digest_of(same)


def last_answer(tries: Sequence[Receipt], filled_in: Sequence[str]) -> CommandResult:
    """Return the last answer that a repeated command got, with a message that names the earlier ones."""
    last = tries[-1]
    sentences = [last.message] if last.message else []
    if last.refusal is None and filled_in:
        sentences.append(f"recorded on {last.on} by {last.actor}: a new act needs `on` or `command_id`")
    if len(tries) > 1:
        earlier = ", ".join(receipt.command_id for receipt in tries[:-1])
        sentences.append(f"judged {len(tries)} times; refused before as {earlier}")
    return CommandResult.of(last, "repeat")._replace(message="; ".join(sentences) or None)
