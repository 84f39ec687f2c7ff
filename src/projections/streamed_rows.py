"""A report's rows, read once from the open tables and kept in a temporary file for the next reading."""

import json
from collections.abc import Iterator, Sequence
from itertools import count, islice
from tempfile import SpooledTemporaryFile
from typing import overload

from lifecycle.kernel.errors import Unreachable
from projections.schema.rows import Row

PAGE = 500
"""The number of rows that are read, and kept, at a time."""
IN_MEMORY = 1 << 20
"""The most bytes of rows that are kept in memory. More of them go to a file."""


class StreamedRows(Sequence[Row]):
    """Rows that are read as far as they are asked for, each once, and can be read again.

    Their cells must be as in JSON. Reading raises `Unreachable` if there is no room for the temporary file.
    """

    def __init__(self, rows: Iterator[Row]) -> None:
        self._unread = rows
        self._file = SpooledTemporaryFile[bytes](IN_MEMORY)
        self._offsets: list[int] = []
        """Where each page begins in the file."""
        self._count = 0

    def __iter__(self) -> Iterator[Row]:
        for number in count():
            page = self._page(number)
            if not page:
                return
            yield from page

    def __len__(self) -> int:
        while self._next_page():
            pass
        return self._count

    def __bool__(self) -> bool:
        return bool(self._page(0))

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | Sequence[Row]:
        return [*self][index]

    def _page(self, number: int) -> list[Row]:
        """Return a page that was read before, or the next one; an empty page after the last."""
        if number == len(self._offsets):
            return self._next_page()
        self._file.seek(self._offsets[number])
        return [tuple(row) for row in json.loads(self._file.readline())]

    def _next_page(self) -> list[Row]:
        page = list(islice(self._unread, PAGE))
        if page:
            try:
                self._offsets.append(self._file.seek(0, 2))
                self._file.write(json.dumps(page).encode() + b"\n")
            except OSError as error:
                raise Unreachable(f"the rows of a long report could not be kept: {error.strerror}") from error
            self._count += len(page)
        return page
