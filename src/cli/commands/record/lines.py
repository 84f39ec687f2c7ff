"""Reads lines of a file or a pipe, each of bounded length, and the words of a command from each."""

import json
import math
import os
import select
from collections import deque
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

LONGEST = 1024 * 1024
"""The most bytes that a line may have."""
BATCH = 800
"""The most lines in a batch, which is recorded in one durable transaction or a few."""
_CHUNK = 256 * 1024
"""Bytes that are read at a time."""


class BadLine(ValueError):
    """The line is not an object of JSON. The message says what to write."""


Line = tuple[int, bytes | BadLine]
"""The number of a line, from 1, and its bytes or its error."""


def batches(descriptor: int) -> Iterator[tuple[list[Line], int]]:
    """Yield batches of lines without the blank ones, each with the number of bytes read so far.

    A batch ends after `BATCH` lines, or when a pipe has no more data for now, so that a person or program
    that writes into the pipe gets its answers at once.
    """
    source = _Source(descriptor)
    batch: list[Line] = []
    while (line := source.next(wait=not batch)) is not None:
        if isinstance(line, tuple):
            batch.append(line)
        if batch and (len(batch) >= BATCH or not isinstance(line, tuple) or source.batch_bytes > 8 * LONGEST):
            yield batch, source.bytes_read
            batch, source.batch_bytes = [], 0
    if batch:
        yield batch, source.bytes_read


class _Source:
    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.bytes_read = 0
        self.batch_bytes = 0
        """Bytes of the lines that were returned since the last batch."""
        self._number = 0
        self._ready: deque[bytes] = deque()
        self._partial = b""
        self._ended = False

    def next(self, *, wait: bool) -> "Line | bool | None":
        """Return the next line that is not blank; ``False`` if no line is ready yet; `None` at the end."""
        while True:
            while self._ready:
                if (line := self._numbered(self._ready.popleft())) is not None:
                    return line
            if self._ended:
                return None
            if not wait and not select.select([self.descriptor], [], [], 0)[0]:
                return False
            self._fill()

    def _numbered(self, raw: bytes) -> Line | None:
        self._number += 1
        if self._number == 1:
            raw = raw.removeprefix(b"\xef\xbb\xbf")
        self.batch_bytes += len(raw)
        if len(raw) > LONGEST:
            return self._number, BadLine(f"longer than {LONGEST // 1024} KiB: no command is")
        text = raw.strip()
        return (self._number, text) if text else None

    def _fill(self) -> None:
        data = os.read(self.descriptor, _CHUNK)
        self.bytes_read += len(data)
        if not data:
            self._ended = True
            if self._partial:
                self._ready.append(self._partial)
            return
        *lines, partial = (self._partial + data).split(b"\n")
        self._ready.extend(lines)
        # Of a line that is too long, one byte more than the limit is enough to refuse it.
        self._partial = partial if len(partial) <= LONGEST else partial[: LONGEST + 1]


def words_of(raw: bytes | BadLine) -> dict[str, Any]:
    """Return the object on the line. Raises `BadLine` if there is none."""
    if isinstance(raw, BadLine):
        raise raw
    try:
        words = _decoder.decode(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise BadLine(f"not UTF-8 at byte {error.start + 1}") from None
    except json.JSONDecodeError as error:
        raise BadLine(f"not JSON: {error.msg} at character {error.pos + 1}") from None
    except RecursionError:
        raise BadLine("nested too deeply: no command is") from None
    except BadLine:
        raise
    except ValueError as error:
        raise BadLine(f"a number is not one: {str(error).partition(';')[0]}") from None
    if not isinstance(words, dict):
        raise BadLine('write one object a line, like {"command": "ProposeGrant", "grant": "…", "on": "…"}')
    return _with_rate(words)


def _object(items: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(items)
    if len(fields) != len(items):
        names = [name for name, _ in items]
        repeated = next(name for name in names if names.count(name) > 1)
        raise BadLine(f"the key {json.dumps(repeated)} stands there twice")
    return fields


class _Written(float):
    """A number with the text as which it was written, because the decimals of a rate matter."""

    text: str


def _number(text: str) -> float:
    if not math.isfinite(number := _Written(text)):
        raise BadLine(f"the number {text[:40]} is too large")
    number.text = text
    return number


def _with_rate(words: dict[str, Any]) -> dict[str, Any]:
    """Return the words with the rate as it is written: ``2230.50`` is more exact than ``2230.5``."""
    if isinstance(rate := words.get("rate"), _Written):
        words["rate"] = Decimal(rate.text)
    if isinstance(reads := words.get("reads"), dict):
        words["reads"] = _with_rate(reads)
    return words


def _no_number(text: str) -> float:
    raise BadLine(f"{text} is not a number: leave it out, or write the amount as text")


_decoder = json.JSONDecoder(object_pairs_hook=_object, parse_float=_number, parse_constant=_no_number)
