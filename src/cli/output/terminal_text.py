"""What reaches a person's eyes: escaped, in plain amounts, never wider than the terminal."""

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
    r"""The text with everything that steers a terminal shown as ``\u{1b}``, never executed.

    Control characters, line breaks, escape, marks that turn the direction of writing, half characters.
    """
    text = str(text)
    return text if text.isprintable() and not _UNSAFE.search(text) else _UNSAFE.sub(_shown, text)


def _shown(match: re.Match[str]) -> str:
    return f"\\u{{{ord(match.group()):x}}}"


def prose(text: object) -> str:
    """Return several paragraphs in one line, escaped."""
    return safe(" ".join(str(text).split("\n")))


class Untold(Exception):
    """The answer could not be written, such as on a full disk; what it reports was done."""


@contextmanager
def telling() -> Iterator[None]:
    """Write on stdout inside. Raises `Untold`, and ``BrokenPipeError`` where nobody reads any more."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        forget_stdout()
        raise Untold(error.strerror or str(error)) from error


def say(text: str = "", *, err: bool = False, color: bool | None = None) -> None:
    """Print a line that is escaped already; colour only where ``color`` allows it. Raises `Untold`."""
    with nullcontext() if err else telling():
        click.echo(text, err=err, color=color)


def forget_stdout() -> None:
    """The reader has gone: nothing is left to say, also not at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def to_json(value: object) -> str:
    """One line of JSON that is also safe to look at in a terminal."""
    import json

    text = json.dumps(value, ensure_ascii=False)
    if text.isascii() and "\x7f" not in text:
        return text
    return _UNSAFE.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def width() -> int:
    """How many columns there are: ``COLUMNS``, else the terminal's, else 80."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isdigit() and int(columns) > 0:
        return max(40, int(columns))
    if sys.stdout.isatty():
        import shutil

        return max(40, shutil.get_terminal_size().columns)
    return 80


def wrapped(text: str, indent: str = "", first: str | None = None) -> str:
    """A paragraph within the width, its lines indented."""
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


def grouped(amount: "Decimal") -> str:
    """An amount with thousands separators and all its decimals."""
    return f"{amount:,f}"


def moment(at: datetime) -> str:
    """A moment in UTC, RFC 3339, to the microsecond: what ``--known`` accepts."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def plain(value: object) -> Any:
    """A value as programs read it: dates ISO, amounts as text."""
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
    """Asked without importing ``decimal``, which help has no need of."""
    return type(value).__name__ == "Decimal"


def in_units(amount: "Decimal", currency: str) -> "Decimal":
    """The amount with the currency's decimals; as it is where no currency is known."""
    from lifecycle.types.codes import minor_units

    return minor_units(amount, currency) if currency else amount


def readable(value: object, currency: str = "") -> str:
    """A value as people read it; a dash for nothing. Escaped."""
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
    """Names and values in two columns, the values wrapped."""
    left = max((len(name) for name, _ in rows), default=0) + 2
    pad = indent + " " * left
    return "\n".join(wrapped(value, pad, f"{indent}{name:<{left}}") for name, value in rows)


Progress = Callable[[int, int], None]
"""Told how much is done, of how much."""
