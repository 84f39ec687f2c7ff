"""What the sentences of all streams are made of."""

from collections.abc import Mapping
from typing import Any

from cli.output.terminal_text import grouped, prose
from lifecycle.kernel.event import DocumentAttached, EntryCorrected
from lifecycle.types.money import Money


def money(amount: Money) -> str:
    """``60,000.00 USD``."""
    return f"{grouped(amount.amount)} {amount.currency}"


def named(word: str) -> str:
    """A word of a closed list, as people write it."""
    return prose(word.replace("_", " "))


def countries(codes: tuple[str, ...]) -> str:
    """Codes in a row; ``ZZ`` in words."""
    return ", ".join("a country not stated" if code == "ZZ" else code for code in codes)


def because(reason: str | None) -> str:
    """The reason at a sentence's end, where there is one."""
    return f": “{prose(reason)}”" if reason else ""


def quoted(text: str) -> str:
    """What somebody wrote, in quotes."""
    return f"“{prose(text)}”"


def listed(items: Mapping[Any, str]) -> str:
    """Names with their texts."""
    return "; ".join(f"{named(name)}: {prose(value)}" for name, value in items.items())


def corrected(e: EntryCorrected) -> str:
    """A correction; of the grant's or the fund's."""
    if e.struck:
        return f"struck entry {e.entry}{because(e.reason)}"
    fields = ", ".join(f"{named(name)} {prose(value)}" for name, value in (e.reads or {}).items())
    return f"corrected entry {e.entry} to read {fields}{because(e.reason)}"


def attached(e: DocumentAttached) -> str:
    """A document; of the grant's or the fund's."""
    return f"attached the document {quoted(e.name)} ({prose(e.media_type)}, SHA-256 {e.sha256[:12]}…)"
