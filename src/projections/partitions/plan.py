"""The plan of an export: which streams are in which bucket, and up to which position."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Self

from lifecycle.book.book import Book
from lifecycle.journal.atomic_files import keep
from lifecycle.kernel.errors import Altered, Unreachable
from lifecycle.kernel.history import kind_of
from lifecycle.parse import Malformed
from projections.engine.step import left_out_rows

FILE = "_export.json"
"""The plan's file. Programs that read a folder of Parquet files skip names with a ``_`` in front."""
_FORMAT = 2
"""The format of the plan and of the rows. An export of another format is not read."""
_RANGE = 100
"""Grants or calls that are put into a bucket together, if there are many more of them than buckets."""
_ENOUGH = 10
"""Ranges for a bucket with which the buckets are about equal."""

LeftOutRow = tuple[str, int, int, bool, str]
"""Stream, version and position of a row, whether it is quarantined, and a sentence that says why."""
Range = tuple[str, str]
"""Names of streams: from the first on, before the second."""


def file_of(folder: Path, bucket: int) -> Path:
    """Return the file of a bucket, named as Hive names partitions."""
    return folder / f"bucket={bucket:05}" / "entries.parquet"


def sum_of(file: Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def sound_file(folder: Path, bucket: int) -> Path:
    """Return the file of a bucket. Raises `Altered` if it is not there, or not as it was written."""
    file = file_of(folder, bucket)
    try:
        status = file.stat()
        is_sound = _is_sound(folder, bucket, status.st_mtime_ns, status.st_size)
    except OSError as error:
        raise Altered(f"{file} cannot be read: {error.strerror}") from None
    if not is_sound:
        raise Altered(f"{file} is not as it was written: export into a new folder")
    return file


@lru_cache(maxsize=1 << 16)
def _is_sound(folder: Path, bucket: int, _changed: int, _size: int) -> bool:
    """Return whether a file has its sum in the plan; computed again only if the file has changed."""
    plan = Plan.read(folder)
    return plan is not None and plan.sums[bucket : bucket + 1] == (sum_of(file_of(folder, bucket)),)


def named_wrongly(what: str) -> Malformed:
    """Return the error for a folder that cannot take the export. ``what``: what it holds."""
    return Malformed([("", f"{what}: name a new folder")])


@dataclass(frozen=True)
class Plan:
    """Which entries an export holds, and how they are divided."""

    position: int
    """The journal position up to which entries are exported."""
    recorded_at: datetime
    """When the newest of them was recorded."""
    buckets: tuple[tuple[Range, ...], ...]
    """The ranges of names in each bucket, in the order of names. The first has the fund and the directory."""
    left_out: tuple[LeftOutRow, ...]
    """The rows that count in no fold."""
    sums: tuple[str, ...] = ()
    """The SHA-256 of each bucket's file, once all of them are written."""
    format: int = _FORMAT

    @classmethod
    def of(cls, book: Book, position: int, buckets: int) -> Self:
        """Divide the grants and calls of the book into at most this many buckets, beside that of the fund.

        Raises `Unreachable` if nothing was recorded by the position.
        """
        recorded_at = book.recorded_at(position)
        if recorded_at is None:
            raise Unreachable(f"{book.name}: nothing was recorded by then: there is nothing to export")
        return cls(position, recorded_at, ((), *_divided(_ranges(book, buckets), buckets)), _left_out(book))

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """Return the plan of an export; `None` if there is none. Raises `Unreachable` if it is no plan."""
        try:
            plan = json.loads((folder / FILE).read_text("utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise Unreachable(f"{folder / FILE} cannot be read: {error}") from None
        if not isinstance(plan, dict) or plan.get("format") != _FORMAT:
            raise Unreachable(f"{folder / FILE} is no plan of this version: export into a new folder")
        try:
            return cls(
                plan["position"],
                datetime.fromisoformat(plan["recorded_at"]),
                tuple(tuple((first, before) for first, before in ranges) for ranges in plan["buckets"]),
                tuple((stream, *numbers) for stream, *numbers in plan["left_out"]),
                tuple(plan["sums"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise Unreachable(f"{folder / FILE} is no plan of an export: {error}") from None

    @property
    def is_finished(self) -> bool:
        """Whether all buckets are written."""
        return bool(self.sums)

    def write(self, folder: Path, sums: Sequence[str] = ()) -> Self:
        """Write the plan into the folder, with the sum of each bucket's file, and return it."""
        plan = replace(self, sums=tuple(sums))
        keep(
            folder / FILE, json.dumps({**asdict(plan), "recorded_at": self.recorded_at.isoformat()}, indent=1)
        )
        return plan

    def require_same_book(self, book: Book, folder: Path) -> None:
        """Raises ``Malformed`` if the export is of another book, `Unreachable` if other rows are left out."""
        if self.position > book.position() or book.recorded_at(self.position) != self.recorded_at:
            raise named_wrongly(f"{folder} holds the export of another book")
        if [row[:4] for row in self.left_out] != [row[:4] for row in _left_out(book)]:
            raise Unreachable(
                f"{folder}: rows were quarantined, or streams stopped, since this export was begun:"
                " name a new folder"
            )

    @property
    def stops(self) -> list[str]:
        """A sentence for each row at which a stream is stopped."""
        return [why for *_, quarantined, why in self.left_out if not quarantined]

    def bucket_of(self, stream: str) -> int:
        """Return the bucket in which a stream's entries are, if it has any."""
        for bucket, ranges in enumerate(self.buckets):
            if any(first <= stream < before for first, before in ranges):
                return bucket
        return 0


def _left_out(book: Book) -> tuple[LeftOutRow, ...]:
    return tuple(sorted(left_out_rows(book)))  # type: ignore[arg-type]


def _ranges(book: Book, buckets: int) -> list[Range]:
    """Return the ranges of all grants' and calls' names: enough of them to make the buckets about equal."""
    ranges = [names for about in ("call", "grant") for names in book.ranges(about, _RANGE)]
    if len(ranges) >= _ENOUGH * buckets:
        return ranges
    return [names for about in ("call", "grant") for names in book.ranges(about, 1)]


def _divided(ranges: list[Range], buckets: int) -> list[tuple[Range, ...]]:
    """Divide the ranges into at most this many buckets; in each, one range of calls and one of grants."""
    many = min(buckets, len(ranges))
    parts = [ranges[len(ranges) * n // many : len(ranges) * (n + 1) // many] for n in range(many)]
    return [
        tuple(
            (same[0][0], same[-1][1])
            for _, together in groupby(part, key=lambda names: kind_of(names[0]))
            if (same := list(together))
        )
        for part in parts
    ]
