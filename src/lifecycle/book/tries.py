"""Earlier receipts of a command, and its tries: a refused command may be judged again, under another id.

The id of the second try is made from the first id, and so is the id of every later one. All answers are kept.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from datetime import date
from itertools import chain, count
from typing import Any, NamedTuple
from uuid import NAMESPACE_URL, UUID, uuid5

from lifecycle.journal.command_digest import digest_of
from lifecycle.journal.journal import Journal
from lifecycle.journal.recorder import CommandResult, Question, Receipt
from lifecycle.kernel.command import Command
from lifecycle.kernel.refusals import CommandIdReused, Refusal

_NAMESPACE = uuid5(NAMESPACE_URL, "grantbook:try")
_FIRST_PAGE, _LARGEST_PAGE = 4, 512
"""How many ids of tries are asked for at once: few at first, then twice as many each time."""
_IDS_AT_ONCE = 1_000
"""Command ids in one query."""


class Retry(NamedTuple):
    """How a command is recorded whose id may have been given before."""

    judge_again: bool = True
    """Whether it is judged again, under an id of its own, if it was refused before."""
    filled_in: tuple[str, ...] = ()
    """Of ``on`` and ``actor`` those that were not given: an earlier receipt may have others."""


class EarlierReceipts:
    """The receipts of earlier commands, by command id. Those that were read are kept until `forget`."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._kept = dict[str, list[Receipt]]()

    def questions(self, ids: Sequence[str]) -> list[Question]:
        """Return the queries for the receipts that were given under the ids, two for each page of ids."""
        given = self._journal.recorder.given
        pages = [given(ids[start : start + _IDS_AT_ONCE]) for start in range(0, len(ids), _IDS_AT_ONCE)]
        return [question for page in pages for question in page]

    def keep(self, ids: Sequence[str], rows: Sequence[list[Any]]) -> None:
        """Keep the receipts of the ids, and no others, from the rows of their queries."""
        self._kept = {id_: [] for id_ in ids} | self._receipts_in(rows)

    def read(self, ids: Sequence[str]) -> None:
        """Read the receipts of the ids, and keep no others."""
        self.keep(ids, self._journal.recorder.rows_of_each(*self.questions(ids)))

    def of(self, ids: Sequence[str]) -> dict[str, list[Receipt]]:
        """Return the receipts that were given under each of the ids."""
        unread = [id_ for id_ in ids if id_ not in self._kept]
        receipts = {id_: self._kept.get(id_, []) for id_ in ids}
        if unread:
            receipts |= self._receipts_in(self._journal.recorder.rows_of_each(*self.questions(unread)))
        return receipts

    def drop(self, command_id: str) -> None:
        """Forget the receipts of an id, so that they are read again if the id comes again."""
        self._kept.pop(command_id, None)

    def forget(self) -> None:
        """Forget all receipts."""
        self._kept.clear()

    def answer(
        self, command: Command, digest: bytes, earlier: Sequence[Receipt], retry: Retry | None
    ) -> CommandResult | Refusal | str:
        """Return the earlier result under the command's id, or a refusal if the id is another command's.

        Returns the id of its next try if it was refused and may be judged again. ``earlier``: the receipts
        under its id.
        """
        filled_in = () if retry is None else retry.filled_in

        def says_the_same(receipt: Receipt) -> bool:
            if receipt.digest == digest:
                return True
            return bool(filled_in) and _with_fields_of(command, receipt, filled_in) == receipt.digest

        first = next(filter(says_the_same, earlier), None)
        if first is None:
            was = earlier[0].command
            return CommandIdReused(f"{command.command_id} was given to another {was}: take a new id")
        tries = [first] if first.refusal is None else _tries_after(first, says_the_same, self.of)
        if retry is None or not retry.judge_again or tries[-1].refusal is None:
            return _last_answer(tries, filled_in)
        return try_id(first.command_id, len(tries) + 1)

    def _receipts_in(self, rows: Sequence[list[Any]]) -> dict[str, list[Receipt]]:
        entries, refused = chain.from_iterable(rows[::2]), chain.from_iterable(rows[1::2])
        return self._journal.receipts(list(entries), list(refused))


def try_id(first: str, number: int) -> str:
    """Return the id of a command's second or later try: ``uuid5(first id, number)``.

    An id that is no UUID is first made one.
    """
    try:
        namespace = UUID(first)
    except ValueError:
        namespace = uuid5(_NAMESPACE, first)
    return str(uuid5(namespace, str(number)))


def _tries_after(
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


def _with_fields_of(command: Command, receipt: Receipt, filled_in: Sequence[str]) -> bytes:
    """Return the digest of the command with the day and the officer of a receipt in the given fields."""
    values = {"on": date.fromisoformat(receipt.on), "actor": receipt.actor}
    same = copy(command)
    update = {name: values[name] for name in filled_in}
    same.__dict__["event"] = command.event.model_copy(update=update)
    return digest_of(same)


def _last_answer(tries: Sequence[Receipt], filled_in: Sequence[str]) -> CommandResult:
    """Return the last answer that a repeated command got, with a message that names the earlier ones."""
    last = tries[-1]
    sentences = [last.message] if last.message else []
    if last.refusal is None and filled_in:
        sentences.append(f"recorded on {last.on} by {last.actor}: a new act needs `on` or `command_id`")
    if len(tries) > 1:
        earlier = ", ".join(receipt.command_id for receipt in tries[:-1])
        judged = f"judged {len(tries)} times; " if last.refusal else "accepted when it was judged again; "
        sentences.append(f"{judged}refused before as {earlier}")
    return CommandResult.of(last, "repeat")._replace(message="; ".join(sentences) or None)
