"""Exceptions: odd entries in force, for ``grantbook audit exceptions``. They are read from the journal."""

from collections.abc import Iterator
from datetime import date

from lifecycle.book.book_reader import BookReader
from lifecycle.catalogue import FUND_SPECS
from lifecycle.fund.establishment import FundEstablished
from lifecycle.fund.evolve import fold
from lifecycle.kernel.history import DIRECTORY, FUND, Entry, history
from projections.audit.odd_entries import RULES, Finding, odd_entries, of_history
from projections.reports import common_columns as common
from projections.schema.columns import Column, Columns, Type

COLUMNS = Columns(
    Column("rule", Type.CODE, f"The rule of the list: {', '.join(RULES)}"),
    Column("severity", Type.CODE, "high, medium or low: high if a second entry costs money"),
    Column("stream", Type.TEXT, "The entry's stream: fund, directory, or grant: or call: with an id"),
    Column("version", Type.COUNT, "The entry's number in its stream", total=False),
    common.GRANT.but(meaning="The grant; null for an entry of another stream"),
    Column("on", Type.DAY, "The entry's day"),
    Column("text", Type.TEXT, "What is odd", width=24),
    first="rule text stream version on severity",
)
FUND_EVENTS = tuple(spec.event for spec in FUND_SPECS.values() if spec.event != "EntryCorrected")
"""The names of the fund's events that a command asks for. Most entries of the fund are paired events."""


def rows_of(
    book: BookReader, as_of: date, known: int, stream: str | None = None, rule: str | None = None
) -> Iterator[tuple[object, ...]]:
    """Yield a row for each odd entry in force, stream by stream, in the order of the entries' versions.

    ``stream``, ``rule``: only of one stream, or by one rule.
    """
    fund = fold(history(book.fund_entries_of((*FUND_EVENTS, FundEstablished.__name__), known)))
    for entries in _streams(book, known, stream):
        held = history(entries, as_of)
        findings = [*odd_entries(held), *of_history(held, fund)]
        for finding in sorted(findings, key=lambda finding: finding.entry.originator_version):
            if rule in (None, finding.rule):
                yield _row(finding)


def _streams(book: BookReader, known: int, stream: str | None) -> Iterator[list[Entry]]:
    """Yield the entries of each stream, as known at a position. Few are in memory at the same time."""
    if stream is not None and stream != FUND:
        yield book.entries(stream, known)
        return
    yield book.fund_entries_of(FUND_EVENTS, known)
    if stream == FUND:
        return
    if entries := book.entries(DIRECTORY, known):
        yield entries
    for kind in ("call", "grant"):
        for _, entries in book.histories(0, known, (f"{kind}:", f"{kind};")):
            yield entries


def _row(finding: Finding) -> tuple[object, ...]:
    entry = finding.entry
    kind, _, id_ = entry.originator_id.partition(":")
    return COLUMNS.row(
        rule=finding.rule,
        severity=finding.severity,
        stream=entry.originator_id,
        version=entry.originator_version,
        grant=id_ if kind == "grant" else None,
        on=entry.on.isoformat(),
        text=finding.text,
    )
