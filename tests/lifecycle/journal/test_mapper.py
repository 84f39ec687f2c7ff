"""An entry as it is stored: flat JSON with its envelope and a sum, and nothing else is read."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from zlib import crc32

import pytest
from eventsourcing.persistence import StoredEvent

from lifecycle.grant.payment.other_money import CostRecorded
from lifecycle.journal.mapper import EntryMapper
from lifecycle.kernel.errors import Altered
from lifecycle.kernel.history import Entry
from lifecycle.types.money import Money
from support.books import without_sum

MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
COST = CostRecorded(
    on=date(2017, 1, 11), actor="t.leader", purpose="preparation", amount=Money.parse("1.00 USD")
)
ENTRY = Entry("grant:X", 1, COST, MOMENT, "admin", "c1", "by letter")
WRITTEN = EntryMapper().to_stored_event(ENTRY)


def stored(**changes: object) -> StoredEvent:
    """Without a sum, which would find out any change."""
    return replace(without_sum(WRITTEN), **changes)  # type: ignore[arg-type]


def test_an_entry_is_flat_json_with_its_envelope() -> None:
    assert stored() == StoredEvent(
        "grant:X",
        1,
        "CostRecorded.v2",
        b'{"recorded_at":"2026-01-01T00:00:00.000000Z","recorder":"admin","command_id":"c1",'
        b'"rules":2,"note":"by letter","on":"2017-01-11","actor":"t.leader",'
        b'"purpose":"preparation","amount":"1.00 USD"}',
    )
    assert EntryMapper().to_domain_event(stored()) == ENTRY


def test_an_entry_ends_with_the_sum_of_its_bytes_and_its_place() -> None:
    rest = stored().state[:-1]
    assert WRITTEN.state == rest + b',"crc32":"%08x"}' % crc32(b"grant:X@1 CostRecorded.v2" + rest)
    assert EntryMapper().to_domain_event(WRITTEN) == ENTRY


def test_an_entry_keeps_the_number_of_its_rule_set() -> None:
    old = stored().state.replace(b'"rules":2,', b"")
    for rules, state in ((1, old), (2, stored().state)):
        read = EntryMapper().to_domain_event(stored(state=state))
        assert isinstance(read, Entry)
        assert read.rules == rules
        assert without_sum(EntryMapper().to_stored_event(read)).state == state


def test_no_flipped_bit_is_read() -> None:
    """Wherever it is: an amount would be another amount, and fit."""
    for bit in range(8 * len(WRITTEN.state)):
        state = bytearray(WRITTEN.state)
        state[bit // 8] ^= 1 << bit % 8
        with pytest.raises(Altered, match="grant:X@1"):
            EntryMapper().to_domain_event(replace(WRITTEN, state=bytes(state)))


@pytest.mark.parametrize(
    "other", [{"originator_id": "grant:Y"}, {"originator_version": 2}, {"topic": "CostRecorded.v1"}]
)
def test_an_entry_is_read_in_its_own_place_only(other: dict[str, Any]) -> None:
    with pytest.raises(Altered, match="sum"):
        EntryMapper().to_domain_event(replace(WRITTEN, **other))


def state(**changes: str | None) -> bytes:
    text = stored().state.decode()
    for old, new in changes.items():
        assert f'"{old}":' in text
        text = text.replace(f'"{old}":', f'"{new or "x_" + old}":')
    return text.encode()


BROKEN: dict[str, dict[str, object]] = {
    "a newer version": {"topic": "CostRecorded.v3"},
    "version nought": {"topic": "CostRecorded.v0"},
    "an unknown event": {"topic": "CostForgotten.v1"},
    "no version": {"topic": "CostRecorded"},
    "a version that is no number": {"topic": "CostRecorded.v²"},
    "a module path": {"topic": "lifecycle.events.grant:CostRecorded"},
    "an event of the fund": {"topic": "FeeCharged.v1"},
    "no JSON": {"state": b"{"},
    "no UTF-8": {"state": b'{"\xff":1}'},
    "nothing": {"state": b""},
    "a list": {"state": b"[]"},
    "a number": {"state": b"1"},
    "no moment": {"state": state(recorded_at=None)},
    "no recorder": {"state": state(recorder=None)},
    "no command id": {"state": state(command_id=None)},
    "no day": {"state": state(on=None)},
    "no actor": {"state": state(actor=None)},
    "a rule set of a newer program": {"state": stored().state.replace(b'"rules":2', b'"rules":3')},
    "no rule set": {"state": stored().state.replace(b'"rules":2', b'"rules":0')},
    "a rule set that is no number": {"state": stored().state.replace(b'"rules":2', b'"rules":true')},
    "an unknown field": {"state": state(note="remark")},
    "another amount": {"state": stored().state.replace(b"1.00 USD", b"1.00 usd")},
    "a word that is no text": {"state": stored().state.replace(b'"preparation"', b"5")},
    "a moment that is none": {"state": stored().state.replace(b"2026-01-01T", b"2026-13-01T")},
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_not_as_it_was_written_is_refused_by_name(what: str) -> None:
    with pytest.raises(Altered, match="grant:X@1"):
        EntryMapper().to_domain_event(stored(**BROKEN[what]))
