"""Lines of a file or a pipe, read as commands' words: whole lines at a time, each within bounds."""

import json
import math
import os
import select
from array import array
from collections import deque
from collections.abc import Iterator
from decimal import Decimal
from hashlib import blake2b
from typing import Any
from uuid import NAMESPACE_URL, uuid5

LONGEST = 1024 * 1024
"""Bytes of one line."""
AT_ONCE = 800
"""Lines that are taken at once, to be recorded in one durable transaction or a few."""
_CHUNK = 256 * 1024
_OURS = uuid5(NAMESPACE_URL, "grantbook:record")


class BadLine(ValueError):
    """The line is not an object of JSON; the message says what to write."""


Line = tuple[int, bytes | BadLine]
"""Its number from 1, and its bytes or what is wrong with it."""


def batches(descriptor: int) -> Iterator[tuple[list[Line], int]]:
    """Lines as they come, some at a time, with the bytes read so far; blank ones are left out.

    A batch ends at `AT_ONCE` lines, or where a pipe has nothing more to give just now: who types
    into it, or another program, gets its answers at once.
    """
    source = _Source(descriptor)
    batch: list[Line] = []
    while (line := source.next(wait=not batch)) is not None:
        if isinstance(line, tuple):
            batch.append(line)
        if batch and (len(batch) >= AT_ONCE or not isinstance(line, tuple) or source.held > 8 * LONGEST):
            yield batch, source.read
            batch, source.held = [], 0
    if batch:
        yield batch, source.read


class _Source:
    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.read = 0
        self.held = 0
        """Bytes of the lines given out since the last batch."""
        self._number = 0
        self._ready: deque[bytes] = deque()
        self._rest = b""
        self._ended = False

    def next(self, *, wait: bool) -> "Line | bool | None":
        """Return the next line that is not blank; ``False`` if none is ready yet; `None` at the end."""
        while True:
            while self._ready:
                if (line := self._taken(self._ready.popleft())) is not None:
                    return line
            if self._ended:
                return None
            if not wait and not select.select([self.descriptor], [], [], 0)[0]:
                return False
            self._fill()

    def _taken(self, raw: bytes) -> Line | None:
        self._number += 1
        if self._number == 1:
            raw = raw.removeprefix(b"\xef\xbb\xbf")
        self.held += len(raw)
        if len(raw) > LONGEST:
            return self._number, BadLine(f"longer than {LONGEST // 1024} KiB: no command is")
        text = raw.strip()
        return (self._number, text) if text else None

    def _fill(self) -> None:
        data = os.read(self.descriptor, _CHUNK)
        self.read += len(data)
        if not data:
            self._ended = True
            if self._rest:
                self._ready.append(self._rest)
            return
        *whole, rest = (self._rest + data).split(b"\n")
        self._ready.extend(whole)
        # Of a line that is too long only so much is kept as shows that it is.
        self._rest = rest if len(rest) <= LONGEST else rest[: LONGEST + 1]


def words_of(raw: bytes | BadLine) -> dict[str, Any]:
    """Return the object on the line. Raises `BadLine`."""
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
        twice = next(name for name in names if names.count(name) > 1)
        raise BadLine(f"the key {json.dumps(twice)} stands there twice")
    return fields


class _Written(float):
    """A number that remembers how it was written: the decimals of a rate matter."""

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


_canonical = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), check_circular=False, default=float
).encode
_decoder = json.JSONDecoder(object_pairs_hook=_object, parse_float=_number, parse_constant=_no_number)


class Ids:
    """Ids for lines that carry none: from the line's content and how often it stood in the file before."""

    def __init__(self) -> None:
        self._seen = _Counts()

    def of(self, words: dict[str, Any]) -> str:
        """The same file gives the same ids again, wherever blank lines or key order differ."""
        canonical = _canonical(words)
        sum_of_line = int.from_bytes(blake2b(canonical.encode(), digest_size=8).digest(), "big")
        return str(uuid5(_OURS, f"{self._seen.one_more(sum_of_line)} {canonical}"))


class _Counts:
    """How often each sum of 64 bits came: in 18 to 36 bytes for each, a sixth of what a dictionary takes.

    Two lines of the same sum, of which a file of a million has none, would be counted as equal ones: they
    get ids of their own all the same, and the same ones again.
    """

    def __init__(self) -> None:
        self._sums, self._times, self._used = _empty(1024)

    def one_more(self, wanted: int) -> int:
        """Count the sum once more, and return how often it came."""
        if 3 * self._used > 2 * len(self._sums):
            self._grow()
        slot = self._place(wanted)
        if not self._times[slot]:
            self._used += 1
            self._sums[slot] = wanted
        self._times[slot] += 1
        return self._times[slot]

    def _place(self, wanted: int) -> int:
        """Return the slot of the sum: its own, or the first free one after its first choice."""
        sums, times, last = self._sums, self._times, len(self._sums) - 1
        slot = wanted & last
        while times[slot] and sums[slot] != wanted:
            slot = (slot + 1) & last
        return slot

    def _grow(self) -> None:
        sums, times, used = self._sums, self._times, self._used
        self._sums, self._times, self._used = _empty(2 * len(sums), used)
        for known, count in zip(sums, times, strict=True):
            if count:
                slot = self._place(known)
                self._sums[slot], self._times[slot] = known, count


def _empty(places: int, used: int = 0) -> tuple["array[int]", "array[int]", int]:
    return array("Q", bytes(8 * places)), array("I", bytes(4 * places)), used
