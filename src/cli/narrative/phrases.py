"""Phrases that the sentences of grants, calls and the fund share."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cli.output.terminal_text import grouped, prose
from lifecycle.kernel.event import DocumentAttached, EntryCorrected, Event
from lifecycle.types.money import Money

Sentences = Mapping[type[Event], Callable[[Any], str]]
"""For each event, the function that returns what the sentence says after the actor's name."""


def money(amount: Money) -> str:
    """Return an amount with its currency: ``60,000.00 USD``."""
    return f"{grouped(amount.amount)} {amount.currency}"


def named(word: str) -> str:
    """Return a word of a closed list without underscores."""
    return prose(word.replace("_", " "))


def countries(codes: tuple[str, ...]) -> str:
    """Return the country codes, separated by commas; ``ZZ`` becomes "a country not stated"."""
    return ", ".join("a country not stated" if code == "ZZ" else code for code in codes)


def of_institutions(named_in: Sequence[Any] | None) -> str:
    """Return the institutions of the directory that an event names, with what each does in it."""
    return "".join(f"; {each.role} institution {each.institution}" for each in named_in or ())


def payee(words: str | None, institution: str | None) -> str:
    """Return who is paid, or who signed: in words, by the id in the directory, or both."""
    if words is None:
        return institution or "nobody stated"
    return prose(words) if institution is None else f"{prose(words)} ({institution})"


def because(reason: str | None) -> str:
    """Return the quoted reason with which a sentence ends, or nothing without a reason."""
    return f": “{prose(reason)}”" if reason else ""


def quoted(text: str) -> str:
    """Return text that somebody wrote, in quotation marks."""
    return f"“{prose(text)}”"


def listed(items: Mapping[Any, str]) -> str:
    """Return each name with its text."""
    return "; ".join(f"{named(name)}: {prose(value)}" for name, value in items.items())


def corrected(event: EntryCorrected) -> str:
    """Return the words for a correction, in any stream."""
    if event.struck:
        return f"struck entry {event.entry}{because(event.reason)}"
    fields = ", ".join(f"{named(name)} {prose(value)}" for name, value in (event.reads or {}).items())
    return f"corrected entry {event.entry} to read {fields}{because(event.reason)}"


def attached(event: DocumentAttached) -> str:
    """Return the words for a document, of a grant or of the fund."""
    name, media_type = quoted(event.name), prose(event.media_type)
    return f"attached the document {name} ({media_type}, SHA-256 {event.sha256[:12]}…)"
