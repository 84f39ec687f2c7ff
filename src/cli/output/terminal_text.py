"""Text for people and programs: escaped for the terminal, values in readable form, lines wrapped."""

import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, TypeGuard

import click

if TYPE_CHECKING:
    from decimal import Decimal

_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)


def safe(text: object) -> str:
    r"""Return the text with every character that could control the terminal written like ``\u{1b}``.

    These are control characters, line breaks, marks that turn the direction of writing, and surrogates.
    """
    text = str(text)
    return text if text.isprintable() and not _UNSAFE.search(text) else _UNSAFE.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    return f"\\u{{{ord(match.group()):x}}}"


def prose(text: object) -> str:
    """Return several paragraphs in one line, escaped."""
    return safe(" ".join(str(text).split("\n")))


class OutputNotWritten(Exception):
    """The output could not be written, as on a full disk. The work that it reports was done."""


@contextmanager
def writing_stdout() -> Iterator[None]:
    """Guard a block that writes on stdout.

    Raises `OutputNotWritten` if a write fails, and ``BrokenPipeError`` if the reader has closed the pipe.
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        discard_stdout()
        raise OutputNotWritten(error.strerror or str(error)) from error


def say(text: str = "", *, err: bool = False, color: bool | None = None) -> None:
    """Print a line of escaped text, in colour if ``color`` allows it. Raises `OutputNotWritten`."""
    with nullcontext() if err else writing_stdout():
        click.echo(text, err=err, color=color)


def discard_stdout() -> None:
    """Send all further output nowhere, also what is flushed at exit: the reader has closed the pipe."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def to_json(value: object) -> str:
    """Return the value as one line of JSON, escaped for the terminal."""
    import json

    text = json.dumps(value, ensure_ascii=False)
    if text.isascii() and "\x7f" not in text:
        return text
    return _UNSAFE.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def width() -> int:
    """Return the width in columns: ``COLUMNS``, or the terminal's, or 80; at least 40."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isdigit() and int(columns) > 0:
        return max(40, int(columns))
    if sys.stdout.isatty():
        import shutil

        return max(40, shutil.get_terminal_size().columns)
    return 80


def wrapped(text: str, indent: str = "", first: str | None = None) -> str:
    """Return the text broken into indented lines within the width. ``first`` begins the first line."""
    import textwrap

    return textwrap.fill(
        text,
        width=min(width(), 110),
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


# ── values ───────────────────────────────────────────────────────────────────────────────────


def counted(number: int, one: str, many: str = "") -> str:
    """Return the number with the noun in the singular or plural: ``1 entry``, ``2,000 entries``.

    ``many``: the plural, if it is not the singular with an s.
    """
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def grouped(amount: "Decimal") -> str:
    """Return the amount with thousands separators and all its decimals."""
    return f"{amount:,f}"


def moment(at: datetime) -> str:
    """Return the moment in UTC, in the form of RFC 3339 with microseconds, which ``--known`` accepts."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def plain(value: object) -> Any:
    """Return the value for JSON: dates in ISO form, amounts as text."""
    if _is_decimal(value):
        return f"{value:f}"
    if isinstance(value, date):
        return value.isoformat()
    if hasattr(value, "currency"):
        return str(value)
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json", exclude_none=True)
    if isinstance(value, (tuple, list)):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    return value if value is None or isinstance(value, (bool, int)) else str(value)


def _is_decimal(value: object) -> "TypeGuard[Decimal]":
    """Return whether the value is a ``Decimal``, without the import, which would make ``--help`` slower."""
    return type(value).__name__ == "Decimal"


def in_units(amount: "Decimal", currency: str) -> "Decimal":
    """Return the amount with the currency's decimals, or as it is without a currency."""
    from lifecycle.types.codes import minor_units

    return minor_units(amount, currency) if currency else amount


def readable(value: object, currency: str = "") -> str:
    """Return the value for people, escaped; a dash if it is empty."""
    if value is None or value in ((), ""):
        return "\u2013"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if _is_decimal(value):
        return f"{grouped(in_units(value, currency))} {currency}".rstrip()
    if hasattr(value, "currency") and hasattr(value, "amount"):
        return f"{grouped(value.amount)} {value.currency}"
    if hasattr(value, "model_dump"):
        value = value.model_dump(mode="json", exclude_none=True)
    if isinstance(value, Mapping):
        return "; ".join(f"{prose(name)} {readable(item, currency)}" for name, item in value.items())
    if isinstance(value, (tuple, list)):
        return ", ".join(readable(item, currency) for item in value)
    return prose(value)


def pairs(rows: list[tuple[str, str]], indent: str = "  ") -> str:
    """Return names and values in two columns, the values wrapped."""
    left = max((len(name) for name, _ in rows), default=0) + 2
    pad = indent + " " * left
    return "\n".join(wrapped(value, pad, f"{indent}{name:<{left}}") for name, value in rows)


Progress = Callable[[int, int], None]
"""Called with how much is done, and with the total."""
