"""An entry is stored as columns with a checksum and its event as JSON. Any other row is refused."""

from datetime import UTC, date, datetime
from typing import Any
from zlib import crc32

import pytest
from eventsourcing.persistence import StoredEvent

from lifecycle.grant.payment.other_money import CostRecorded
from lifecycle.journal.mapper import EntryMapper, StoredEntry, entry_of, stored_as
from lifecycle.journal.stored_row import (
    Stored,
    hashed,
    id_bytes,
    id_text,
    microseconds,
    moment_of,
    packed,
    with_sum,
)
from lifecycle.kernel.errors import Altered
from lifecycle.kernel.history import Entry
from lifecycle.kernel.rule import RULE_SET
from lifecycle.types.money import Money

MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
COST = CostRecorded(
    on=date(2017, 1, 11), actor="t.leader", purpose="preparation", amount=Money.parse("1.00 USD")
)
ENTRY = Entry("grant:X", 1, COST, MOMENT, "admin", "c1", "by letter")
DIGEST = bytes(range(32))
WRITTEN = stored_as(ENTRY, DIGEST)
EVENT = b'{"on":"2017-01-11","actor":"t.leader","purpose":"preparation","amount":"1.00 USD"}'


def test_an_entry_is_columns_and_its_event_is_json() -> None:
    assert WRITTEN[:13] == (
        *("grant:X", 1, "CostRecorded.v2", 1_767_225_600_000_000, "admin", "t.leader"),
        *(b"c1" + 15 * b"\n", DIGEST, RULE_SET, "by letter", None, None, EVENT),
    )
    assert entry_of(WRITTEN) == ENTRY


def test_the_librarys_stored_event_has_the_row() -> None:
    stored = EntryMapper().to_stored_event(ENTRY)
    assert isinstance(stored, StoredEntry)
    assert stored.row == stored_as(ENTRY)
    assert (stored.originator_id, stored.originator_version, stored.state) == ("grant:X", 1, EVENT)
    assert EntryMapper().to_domain_event(stored) == ENTRY
    with pytest.raises(Altered, match="grant:X@1"):
        EntryMapper().to_domain_event(StoredEvent("grant:X", 1, "CostRecorded.v2", EVENT))


def test_the_checksum_covers_the_moment_last() -> None:
    """So a database that gives the moment has to add only eight bytes."""
    moment = WRITTEN.recorded_at.to_bytes(8, "big")
    assert WRITTEN.crc == crc32(moment, crc32(packed(WRITTEN))) == crc32(hashed(WRITTEN))
    crc = crc32(packed(WRITTEN)) ^ 0xFFFF_FFFF
    for byte in moment:  # as a function of PostgreSQL computes it
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xEDB8_8320 if crc & 1 else 0)
    assert crc ^ 0xFFFF_FFFF == WRITTEN.crc


@pytest.mark.parametrize("rules", [1, 2])
def test_an_entry_keeps_the_number_of_its_rule_set(rules: int) -> None:
    assert entry_of(stored_as(ENTRY._replace(rules=rules))).rules == rules


COLUMNS = [name for name in Stored._fields if name != "position"]


@pytest.mark.parametrize("column", COLUMNS)
def test_a_row_with_a_flipped_bit_is_refused(column: str) -> None:
    """Without the checksum, a flipped bit could change an amount into another valid amount."""
    row = with_sum(WRITTEN._replace(imported_from="erp", signature=bytes(64)))
    value = getattr(row, column)
    data = value.encode() if isinstance(value, str) else value
    if isinstance(data, int):
        flipped_values: list[Any] = [data ^ 1 << bit for bit in range(32)]
    else:
        bits = [(byte, bit) for byte in range(len(data)) for bit in range(8 if type(value) is bytes else 7)]
        changed = (data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :] for at, bit in bits)
        flipped_values = [data.decode() if isinstance(value, str) else data for data in changed]
    for flipped_value in flipped_values:
        with pytest.raises(Altered, match="@"):
            entry_of(row._replace(**{column: flipped_value}))


@pytest.mark.parametrize("column", COLUMNS)
def test_a_column_with_another_empty_value_is_refused(column: str) -> None:
    values: tuple[Any, ...] = (None, "", b"", 0)
    for value in values:
        if value != getattr(WRITTEN, column) or type(value) is not type(getattr(WRITTEN, column)):
            with pytest.raises(Altered):
                entry_of(WRITTEN._replace(**{column: value}))


@pytest.mark.parametrize(
    "name",
    ["c1", "x" * 15, "x" * 16, "x" * 17, "x" * 200, "Überweisung 7", "7D444840-9DC0-11D1-B245-5FFDCE74FAD2"],
)
def test_an_id_that_is_no_uuid_is_kept_as_text(name: str) -> None:
    stored = id_bytes(name)
    assert id_text(stored) == name
    assert len(stored) != 16
    assert len(stored) == max(17, len(name.encode()))


def test_an_id_that_is_a_uuid_is_kept_as_sixteen_bytes() -> None:
    name = "7d444840-9dc0-11d1-b245-5ffdce74fad2"
    assert (id_bytes(name).hex(), id_text(id_bytes(name))) == (name.replace("-", ""), name)


@pytest.mark.parametrize(
    "moment", [MOMENT, datetime(1960, 2, 3, 4, 5, 6, 7, UTC), datetime.max.replace(tzinfo=UTC)]
)
def test_a_moment_is_kept_to_the_microsecond(moment: datetime) -> None:
    assert moment_of(microseconds(moment)) == moment


def event(**changes: str | None) -> bytes:
    text = EVENT.decode()
    for old, new in changes.items():
        assert f'"{old}":' in text
        text = text.replace(f'"{old}":', f'"{new or "x_" + old}":')
    return text.encode()


BROKEN: dict[str, dict[str, object]] = {
    "a newer version": {"topic": "CostRecorded.v3"},
    "version 0": {"topic": "CostRecorded.v0"},
    "an unknown event": {"topic": "CostForgotten.v1"},
    "no version": {"topic": "CostRecorded"},
    "a version that is no number": {"topic": "CostRecorded.v²"},
    "a module path": {"topic": "lifecycle.events.grant:CostRecorded"},
    "an event of the fund": {"topic": "FeeCharged.v1"},
    "a stream of no kind": {"stream": "loan:X"},
    "no JSON": {"state": b"{"},
    "no UTF-8": {"state": b'{"\xff":1}'},
    "an empty state": {"state": b""},
    "a list": {"state": b"[]"},
    "a number": {"state": b"1"},
    "no day": {"state": event(on=None)},
    "no actor": {"state": event(actor=None)},
    "another actor than the column": {"actor": "a.prover"},
    "a rule set of a newer program": {"rules": RULE_SET + 1},
    "no rule set": {"rules": 0},
    "an unknown field": {"state": event(purpose="remark")},
    "another amount": {"state": EVENT.replace(b"1.00 USD", b"1.00 usd")},
    "a word that is no text": {"state": EVENT.replace(b'"preparation"', b"5")},
    "a moment that cannot be": {"recorded_at": 1 << 62},
    "an id that is no text": {"command_id": b"\xff" * 17},
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_row_that_was_not_written_so_is_refused_by_name(name: str) -> None:
    with pytest.raises(Altered, match=r"(grant|loan):X@1"):
        entry_of(with_sum(WRITTEN._replace(**BROKEN[name])))  # type: ignore[arg-type]
