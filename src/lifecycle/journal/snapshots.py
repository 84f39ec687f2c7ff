"""Snapshots of the fund's state, in eventsourcing's own snapshot table: a copy that can be thrown away.

Every approval writes the fund's stream, so without snapshots each command would fold all approvals that
ever were. The state keeps its events dated, so late entries are added to a snapshot as to any state.
A snapshot is ignored, and the entries are folded, if its bytes do not add up to its sum, or if another
program has kept it, whose state may have lacked a field or added up otherwise.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import is_dataclass
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any, get_args, get_type_hints

from eventsourcing.persistence import AggregateRecorder, StoredEvent
from pydantic import BaseModel, TypeAdapter, ValidationError

from lifecycle.fund import (
    closing,
    contributions,
    establishment,
    evolve,
    officers,
    quarantine,
    state,
    treasury,
)
from lifecycle.fund.partners import donor_reports, membership, partner_waivers, pledges
from lifecycle.fund.parts import (
    agreement_terms,
    appointments,
    named_agreement,
    partner_names,
    pool,
    preferences,
    report_terms,
)
from lifecycle.fund.pools import agreements, commitments, flows, set_asides
from lifecycle.fund.state import Fund
from lifecycle.journal import upcasts
from lifecycle.kernel import event, frozen, history
from lifecycle.kernel.checksum import is_sound, summed
from lifecycle.kernel.history import FUND
from lifecycle.policy import edition
from lifecycle.types import dated_amount

_NAME = "FundSnapshot"
_MADE_BY = (
    dated_amount,
    edition,
    history,
    upcasts,
    event,
    frozen,
    state,
    evolve,
    establishment,
    officers,
    appointments,
    contributions,
    treasury,
    commitments,
    agreement_terms,
    named_agreement,
    agreements,
    flows,
    pool,
    report_terms,
    preferences,
    quarantine,
    membership,
    partner_names,
    donor_reports,
    partner_waivers,
    pledges,
    set_asides,
    closing,
)
"""The modules whose source says what the state is, and how entries add up to it."""


def topic() -> str:
    """Return the name of this program's snapshots: with a digest of the state's fields and of what folds it.

    A snapshot of a program whose state has other fields or another meaning has another name, and is ignored.
    """
    return topic_of(_NAME, Fund, (*evolve.EVOLVE.items(), *evolve.FLOWS.items()), _MADE_BY)


Folds = tuple[tuple[type, Callable[..., Any]], ...]
"""The function by which each event changes a state."""


def topic_of(name: str, state_class: type | None, folds: Folds, modules: tuple[ModuleType, ...]) -> str:
    """Return the name with a digest of the modules' source, of the functions and of the class's fields.

    The fields need not be given if the modules hold all of them.
    """
    return f"{name}.{_digest(state_class, folds, _source(modules))}"


@lru_cache(maxsize=2)
def _digest(kind: type | None, folds: Folds, source: str) -> str:
    parts = [source, *_fields(kind, set())]
    parts += [
        f"{kind_of_event.__name__} {made.__module__}.{made.__qualname__} {made.__code__.co_code.hex()}"
        for kind_of_event, made in folds
    ]
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()[:16]


@lru_cache(maxsize=2)
def _source(modules: tuple[ModuleType, ...]) -> str:
    digest = hashlib.sha256()
    for module in modules:
        assert module.__file__ is not None
        digest.update(Path(module.__file__).read_bytes())
    return digest.hexdigest()


def _fields(kind: object, seen: set[object]) -> Iterator[str]:
    """Yield the fields of a class, and of the classes that they hold."""
    if not (isinstance(kind, type) and (is_dataclass(kind) or issubclass(kind, BaseModel))) or kind in seen:
        return
    seen.add(kind)
    for name, held in get_type_hints(kind).items():
        yield f"{kind.__name__}.{name}: {held}"
        for part in _parts(held):
            yield from _fields(part, seen)


def _parts(held: object) -> Iterator[object]:
    yield held
    for part in get_args(held):
        yield from _parts(part)


@lru_cache(maxsize=2)
def _adapter(kind: type[Fund]) -> TypeAdapter[Fund]:
    return TypeAdapter(kind)


def newest(recorder: AggregateRecorder) -> tuple[Fund, int] | None:
    """Return the state in the newest snapshot, and its version; `None` if no snapshot can be used."""
    ours = topic()
    for stored in recorder.select_events(FUND, desc=True, limit=1):
        if stored.topic == ours and _is_whole(stored):
            try:
                return _adapter(Fund).validate_json(stored.state), stored.originator_version
            except ValidationError:
                return None
    return None


def injured(recorder: AggregateRecorder) -> int | None:
    """Return the version of the newest snapshot if this program kept it and it is damaged."""
    ours = topic()
    for stored in recorder.select_events(FUND, desc=True, limit=1):
        if stored.topic == ours and not _is_whole(stored):
            return stored.originator_version
    return None


def _is_whole(stored: StoredEvent) -> bool:
    state: object = stored.state
    return isinstance(state, bytes) and is_sound(place_of(stored.originator_version, stored.topic), state)


def place_of(version: int, name: str) -> bytes:
    """Return the names of a snapshot's row, which its sum covers."""
    return f"{FUND}@{version} {name}".encode()


def keep(recorder: AggregateRecorder, fund: Fund, version: int) -> bool:
    """Keep a snapshot, unless there is one of this version; return whether there is one of this program."""
    kept = list(recorder.select_events(FUND, gt=version - 1, lte=version))
    if kept:
        return kept[0].topic == topic()
    state = summed(place_of(version, topic()), _adapter(Fund).dump_json(fund, by_alias=True))
    recorder.insert_events([StoredEvent(FUND, version, topic(), state)])
    return True
