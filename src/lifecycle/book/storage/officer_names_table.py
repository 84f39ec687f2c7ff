"""The register of names as a table: the only one in the journal's schema whose rows may be changed."""

from datetime import date

from lifecycle.book.storage.officer_names import OfficerName, OfficerNames
from lifecycle.journal.postgresql.recorder import JournalRecorder
from lifecycle.kernel.errors import Unreachable

_KEEP = (
    "INSERT INTO officers (officer, name, erased_on) VALUES (%s, %s, %s)"
    " ON CONFLICT (officer) DO UPDATE SET name = excluded.name, erased_on = excluded.erased_on"
)


class OfficerNamesInTable(OfficerNames):
    """The register in a table of the database."""

    def __init__(self, recorder: JournalRecorder) -> None:
        self._recorder = recorder

    def all(self) -> dict[str, OfficerName]:
        """Return all entries, by officer's id. Raises `Unreachable` if a row cannot be read."""
        rows = self._recorder.rows("SELECT officer, name, erased_on FROM officers ORDER BY officer")
        return {officer: OfficerName(name, _day(officer, erased_on)) for officer, name, erased_on in rows}

    def keep(self, officer: str, entry: OfficerName) -> None:
        """Write the officer's row, as durably as an entry of the journal."""
        erased_on = None if entry.erased_on is None else entry.erased_on.isoformat()
        self._recorder.do(_KEEP, (officer, entry.name, erased_on))


def _day(officer: str, erased_on: str | None) -> date | None:
    try:
        return None if erased_on is None else date.fromisoformat(erased_on)
    except ValueError as error:
        raise Unreachable(
            f"the register of names cannot be read: {officer} was erased on {erased_on!r:.40}, which is no"
            " day: delete that row of journal.officers, and name the officer again"
        ) from error
