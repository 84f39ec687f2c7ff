"""The rows of the fund's officers, documents and windows."""

import json
from collections.abc import Iterable

from lifecycle.fund import events as was
from lifecycle.kernel.history import Entry
from projections.schema.layout import fund_documents, fund_officers, fund_windows
from projections.schema.rows import Row, day, row_maker

_officer_row, _document_row, _window_row = (
    row_maker(table) for table in (fund_officers, fund_documents, fund_windows)
)


def officer_rows(entries: Iterable[Entry]) -> list[Row]:
    """Return a row for each entry in force that appoints or retires an officer."""
    return [
        _officer_row(
            version=entry.originator_version,
            on=day(entry.on),
            officer=entry.event.officer,
            roles=json.dumps(entry.event.roles),
            holds=isinstance(entry.event, was.OfficerAppointed),
        )
        for entry in entries
        if isinstance(entry.event, was.OfficerAppointed | was.OfficerRetired)
    ]


def document_rows(entries: Iterable[Entry]) -> list[Row]:
    """Return a row for each file that was attached to the fund."""
    return [
        _document_row(
            version=entry.originator_version,
            on=day(entry.on),
            name=entry.event.name,
            media_type=entry.event.media_type,
            sha256=entry.event.sha256,
            actor=entry.event.actor,
        )
        for entry in entries
        if isinstance(entry.event, was.DocumentAttached)
    ]


def window_rows(entries: Iterable[Entry]) -> list[Row]:
    """Return a row for each window of each edition that the fund adopted."""
    return [
        _window_row(
            version=entry.originator_version,
            on=day(entry.on),
            edition=entry.event.edition.name,
            window=window,
            needs_agreement=entry.event.edition.needs_agreement("bank"),
            recipient_needs_agreement=entry.event.edition.needs_agreement("recipient"),
            since=day(entry.event.edition.from_),
            needs_completion_report="completion_report" in entry.event.edition.obligations,
            team_only=entry.event.edition.is_for_team,
        )
        for entry in entries
        if isinstance(entry.event, was.PolicyAdopted)
        for window in entry.event.edition.windows
    ]
