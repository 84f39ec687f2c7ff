"""The rows of the directory: institutions, offers and needs from day to day, and the use of stories."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from lifecycle.directory import events as was
from lifecycle.directory.evolve import EVOLVE
from lifecycle.directory.state import Directory
from lifecycle.kernel.history import DIRECTORY, Entry
from projections.schema.directory_layout import institution_spans, need_spans, offer_spans, story_uses
from projections.schema.rows import Row, day, row_maker, spans
from projections.schema.table_layout import TableLayout

_institution_row, _offer_row, _need_row, _use_row = (
    row_maker(table) for table in (institution_spans, offer_spans, need_spans, story_uses)
)
States = dict[str, dict[date, Any]]
"""By id: the state of an institution, an offer or a need from each day on."""


def directory_rows(entries_in_force: Iterable[Entry]) -> Mapping[TableLayout, list[Row]]:
    """Return the rows of each table of the directory."""
    directory = Directory().thaw()
    institutions: States = {}
    offers: States = {}
    needs: States = {}
    uses: list[was.UseRecorded] = []
    for entry in entries_in_force:
        event = entry.event
        EVOLVE[type(event)](directory, event)
        if isinstance(event, was.InstitutionRegistered | was.InstitutionRenamed):
            state = directory.institutions[event.institution]
            institutions.setdefault(event.institution, {})[event.on] = state
        elif isinstance(event, was.ExperienceOffered | was.OfferWithdrawn):
            offers.setdefault(event.offer, {})[event.on] = directory.offers[event.offer]
        elif isinstance(event, was.NeedVoiced | was.NeedMet):
            needs.setdefault(event.need, {})[event.on] = directory.needs[event.need]
        elif isinstance(event, was.UseRecorded):
            uses.append(event)
    return {
        institution_spans: _institutions(institutions),
        offer_spans: _offers(offers),
        need_spans: _needs(needs),
        story_uses: _uses(uses),
    }


def _every_span(states: States) -> Iterable[tuple[int, str, str | None, str | None, Any]]:
    """Yield number, id, first day, day after the last and state of each span of days."""
    every = [(id, *span[1:]) for id, days in states.items() for span in spans(days)]
    return ((n, *span) for n, span in enumerate(every))


def _institutions(states: States) -> list[Row]:
    return [
        _institution_row(
            directory=DIRECTORY,
            n=n,
            since=since,
            until=until,
            institution=id,
            name=institution.name,
            country=institution.country,
            type=institution.type,
            identifier=institution.identifier,
            focal_point=institution.focal_point,
            registered_on=day(institution.registered_on),
        )
        for n, id, since, until, institution in _every_span(states)
    ]


def _offers(states: States) -> list[Row]:
    return [
        _offer_row(
            directory=DIRECTORY,
            n=n,
            since=since,
            until=until,
            offer=id,
            country=offer.country,
            institution=offer.institution,
            topic=offer.topic,
            sector=offer.sector,
            summary=offer.summary,
        )
        for n, id, since, until, offer in _every_span(states)
        if offer.withdrawn_on is None
    ]


def _needs(states: States) -> list[Row]:
    return [
        _need_row(
            directory=DIRECTORY,
            n=n,
            since=since,
            until=until,
            need=id,
            country=need.country,
            institution=need.institution,
            challenge=need.challenge,
            sector=need.sector,
            measure=need.measure,
            baseline=need.baseline,
            voiced_on=day(need.on),
            met_by=need.met_by,
            met_on=day(need.met_on),
        )
        for n, id, since, until, need in _every_span(states)
    ]


def _uses(uses: Sequence[was.UseRecorded]) -> list[Row]:
    return [
        _use_row(
            directory=DIRECTORY,
            n=n,
            on=day(use.on),
            story=use.story,
            by=use.by,
            purpose=use.purpose,
            worth=use.worth,
        )
        for n, use in enumerate(uses)
    ]
