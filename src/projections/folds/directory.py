"""The rows of the directory: institutions, with their names from day to day."""

from collections.abc import Iterable
from datetime import date

from lifecycle.directory.evolve import EVOLVE
from lifecycle.directory.state import Directory, Institution
from lifecycle.kernel.history import DIRECTORY, Entry
from projections.schema.layout import institution_spans
from projections.schema.rows import Row, day, row_maker, spans

_institution_row = row_maker(institution_spans)


def institution_rows(entries_in_force: Iterable[Entry]) -> list[Row]:
    """Return a row for each span of days in which an institution has the same name and details."""
    directory = Directory().thaw()
    states: dict[str, dict[date, Institution]] = {}
    for entry in entries_in_force:
        EVOLVE[type(entry.event)](directory, entry.event)
        id = getattr(entry.event, "institution", None)
        if id is not None:
            states.setdefault(id, {})[entry.on] = directory.institutions[id]
    every_span = [(id, *span[1:]) for id, days in states.items() for span in spans(days)]
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
        for n, (id, since, until, institution) in enumerate(every_span)
    ]
