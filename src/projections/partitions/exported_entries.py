"""An export that is read in the place of its book."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Self

from lifecycle.fund.seat import day_at, day_of, end_of
from lifecycle.fund.state import Fund
from lifecycle.kernel.errors import PositionNotReached, Unreachable
from lifecycle.kernel.history import Entry
from projections.partitions import bucket_tasks, cluster
from projections.partitions.bucket_tasks import RowsByName
from projections.partitions.plan import FILE, Plan

_TOGETHER = 1_000
"""Positions whose commands are read at once, to find the last entry of a command."""


class ExportedEntries:
    """The entries of one export, up to its position. Buckets are read here, or on a cluster."""

    def __init__(self, folder: Path, address: str | None = None) -> None:
        """``address``: of the cluster. Raises `Unreachable` if there is no whole export in the folder."""
        self.folder = folder.absolute()
        self._address = address
        plan = Plan.read(folder)
        if plan is None:
            raise Unreachable(f"{folder} holds no exported entries: grantbook export entries writes them")
        if not plan.is_finished:
            raise Unreachable(
                f"{folder / FILE}: this export is not finished: run grantbook export entries again"
            )
        self.plan = plan
        self._stack = ExitStack()
        self._run: cluster.Tasks = cluster.here
        self.rules = cache(self.rules)  # type: ignore[method-assign]

    def __enter__(self) -> Self:
        if self._address is not None:
            self._run = self._stack.enter_context(cluster.on_cluster(self._address))
            self._require_equal_workers()
        return self

    def __exit__(self, *error: Any) -> None:
        self._run = cluster.here
        self._stack.__exit__(*error)

    def _require_equal_workers(self) -> None:
        """Raises `Unreachable` if a worker cannot read the export, or has another version of grantbook."""
        try:
            formats = set(self.each(bucket_tasks.views_format))
        except ModuleNotFoundError as error:
            raise Unreachable(f"{self._address}: its workers need grantbook[cluster]: {error}") from None
        if None in formats:
            raise Unreachable(f"{self._address}: its workers cannot read {self.folder}: share it with them")
        if formats != {bucket_tasks.views_format(self.folder, 0)}:
            raise Unreachable(f"{self._address}: its workers have another version of grantbook")

    def each(
        self, task: Callable[..., Any], *more: Any, buckets: Iterable[int] | None = None
    ) -> Iterator[Any]:
        """Yield what ``task(folder, bucket, *more)`` returns for each bucket, in their order."""
        return self._run(task, self.folder, self.buckets if buckets is None else buckets, *more)

    @property
    def buckets(self) -> range:
        """The numbers of the buckets."""
        return range(len(self.plan.buckets))

    # ── what a report asks of a book ─────────────────────────────────────────────────────────

    def position(self) -> int:
        """Return the position up to which entries are exported."""
        return self.plan.position

    def rules(self, known: int) -> tuple[Fund, RowsByName]:
        """Return the fund's constants and editions as known at a position, and the rows of the former."""
        return bucket_tasks.fund_rules(self.folder, known)

    def fund(self) -> Fund:
        """Return the fund's constants and editions."""
        return self.rules(self.position())[0]

    def today(self) -> date:
        """Return today's date at the fund's seat."""
        return day_at(datetime.now(UTC), self.fund().time_zone)

    def recorded_at(self, position: int) -> datetime | None:
        """Return when the newest entry at or before the position was recorded."""
        if position >= self.position():
            return self.plan.recorded_at
        moments = self.each(bucket_tasks.newest_moment, position)
        return max((moment for moment in moments if moment is not None), default=None)

    def resolve(self, known: str) -> int:
        """Return the position that a moment, a day or a position as text stands for, as a book does.

        Raises ``ValueError``; `PositionNotReached` if the export does not go so far.
        """
        if known.isdecimal():
            return self._whole(PositionNotReached.check(int(known), self.position()))
        if day := day_of(known):
            return self._recorded_by(end_of(day, self.fund().time_zone))
        moment = datetime.fromisoformat(known)
        if moment.tzinfo is None:
            raise ValueError(f"{known} has no time zone: add Z for UTC")
        return self._recorded_by(moment)

    def _recorded_by(self, moment: datetime) -> int:
        firsts = (first for first in self.each(bucket_tasks.first_after, moment) if first is not None)
        return self._whole(min(firsts, default=self.position() + 1) - 1)

    def _whole(self, position: int) -> int:
        """Return the position of the last entry that the same command recorded."""
        while 0 < position < self.position():
            commands: dict[int, str] = {}
            for part in self.each(bucket_tasks.commands_from, position, position + _TOGETHER):
                commands |= part
            command = commands.get(position)
            following = range(position + 1, position + _TOGETHER)
            last = next((at for at in following if commands.get(at, "") != command), None)
            if last is not None:
                return last - 1
            position += _TOGETHER - 1
        return position

    def entries(self, stream: str, known: int | None = None) -> list[Entry]:
        """Return a stream's entries up to a position; none for an unknown stream."""
        return bucket_tasks.entries(self.folder, self.plan.bucket_of(stream), stream, self._upto(known))

    def named(self, kind: str, known: int | None = None) -> list[str]:
        """Return the ids of all grants, or calls, that were known at the position."""
        return sorted(
            name for part in self.each(bucket_tasks.names, kind, self._upto(known)) for name in part
        )

    def _upto(self, known: int | None) -> int:
        return self.position() if known is None else known
