"""The founding of a book judged again: the fund, its administrator and its editions."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from lifecycle.kernel.history import Entry
from lifecycle.rejudge.entry import Lawless, founded_again
from support.given import given


def founding() -> list[Entry]:
    return given(founded=()).fund_entries


FOUNDINGS: dict[str, tuple[Callable[[list[Entry]], list[Entry]], str]] = {
    "no administrator": (lambda first: [first[0], *first[2:]], "begins with its fund"),
    "another's officer": (lambda first: changed(first, 1, officer="m.allory"), "does not make admin"),
    "an officer with more roles": (
        lambda first: changed(first, 1, roles=("administrator", "approver")),
        "does not make admin",
    ),
    "an edition twice": (lambda first: [*first, first[-1]], "EditionNameTaken"),
    "another day": (lambda first: changed(first, 2, on=date(2009, 1, 1)), "not of the day"),
    "another hand": (lambda first: changed(first, 0, actor="m.allory"), "by the hand"),
    "a day that had not come": (
        lambda first: [entry._replace(recorded_at=datetime(2000, 1, 1, tzinfo=UTC)) for entry in first],
        "after the day on which it was recorded",
    ),
    "a note": (
        lambda first: [first[0], first[1]._replace(note="x"), *first[2:]],
        "recorder, rule set or note",
    ),
}


def changed(first: list[Entry], index: int, **fields: object) -> list[Entry]:
    entry = first[index]
    changed_entry = entry._replace(event=entry.event.model_copy(update=fields))
    return [*first[:index], changed_entry, *first[index + 1 :]]


def test_a_founding_is_lawful() -> None:
    decision = founded_again(founding())
    assert decision.fund == given(founded=()).fund


@pytest.mark.parametrize("name", FOUNDINGS)
def test_another_founding_is_lawless(name: str) -> None:
    change, words = FOUNDINGS[name]
    with pytest.raises(Lawless, match=words):
        founded_again(change(founding()))
