"""Judging a journal's rows again, in the order of recording, to find the unlawful ones.

`judged` walks over the entries and refusals after a position, to the end. It returns each row that does not
decode, or that the rules of its rule set would have refused, with the reason, and up to which rows the
journal is sound. A seal ends there. Call it inside `Recording.reading`, so that entries and refusals are of
one moment.
"""

from contextlib import nullcontext
from pathlib import Path

from lifecycle.journal.journal import Journal
from lifecycle.journal.left_out.faults import LAWLESS, MOST, Fault, Judged
from lifecycle.kernel.memory import collector_at_rest
from lifecycle.rejudge.row_walk import END, RowWalk


def judged_after(
    journal: Journal, after: tuple[int, int], left_out: frozenset[int]
) -> tuple[list[Fault], tuple[int, int]]:
    """Return all unlawful entries after a position and the number of a refusal.

    Also return the position and the number up to which the journal is sound.
    """
    is_reading = getattr(journal.recorder, "datastore").holds is not None  # noqa: B009 both stores have one
    with nullcontext() if is_reading else journal.recorder.reading():
        sealed, quarantined_refusals = journal.left_out.sealed(), quarantined_refusal_numbers(journal)
        outcome = judged(
            journal,
            after,
            left_out=left_out,
            quarantined_refusals=quarantined_refusals,
            sealed=sealed,
            most=END,
        )
    return [fault for fault in outcome.faults if fault.position and fault.kind == LAWLESS], outcome.sound


def quarantined_positions(journal: Journal) -> frozenset[int]:
    """Return the positions of quarantined rows."""
    return frozenset(journal.left_out.rows)


def quarantined_refusal_numbers(journal: Journal) -> frozenset[int]:
    """Return the numbers of quarantined refusals."""
    return frozenset(journal.left_out.refusals)


def left_out_positions(journal: Journal) -> frozenset[int]:
    """Return the positions of quarantined rows, and of the rows of stopped streams from the stop on."""
    return quarantined_positions(journal) | journal.left_out.out


def judged(
    journal: Journal,
    after: tuple[int, int] = (0, 0),
    *,
    left_out: frozenset[int] = frozenset(),
    quarantined_refusals: frozenset[int] = frozenset(),
    part: tuple[int, int] = (0, 1),
    sealed: tuple[int, int] | None = None,
    most: int = MOST,
) -> Judged:
    """Judge again the rows after a position and the number of a refusal.

    ``left_out``: positions of rows that count in no state. Commands with such a row are not judged.
    ``quarantined_refusals``: numbers of refusals that are known to be unlawful. ``part``: the number of the
    part of the grants to judge, and the number of parts. The fund and calls belong to the first part;
    `together` adds the parts up. ``sealed``: the position and the number up to which the journal is sealed,
    by default all of it. A row after them must not have a moment in the future. ``most``: the largest number
    of faults to return.
    """
    with collector_at_rest():
        excluded = left_out, quarantined_refusals
        return RowWalk(journal, after, excluded, part, sealed=sealed or (END, END), most=most).run()


def judged_unsealed(journal: Journal, sealed: tuple[int, int]) -> Judged:
    """Judge again what was recorded after the sealed rows, without the rows that are left out."""
    return judged(
        journal,
        sealed,
        left_out=left_out_positions(journal),
        quarantined_refusals=quarantined_refusal_numbers(journal),
        sealed=sealed,
    )


def judged_part(
    place: Path | str, part: tuple[int, int], left_out: frozenset[int], quarantined_refusals: frozenset[int]
) -> Judged:
    """Judge again one part of a journal, as another process does.

    It finds out whether its part has a fault, as if nothing were sealed. To find all faults, judge the whole
    journal in one process.
    """
    journal = Journal(place, read_only=True)
    with journal.recorder.reading():
        return judged(
            journal, left_out=left_out, quarantined_refusals=quarantined_refusals, part=part, sealed=(0, 0)
        )
