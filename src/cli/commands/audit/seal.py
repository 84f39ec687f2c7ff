"""``grantbook audit seal|verify|prove|export``: what proves to a stranger that nothing was altered."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.commands.views import steps_of
from cli.output.terminal_text import (
    prose,
    safe,
    say,
    to_json,
)
from cli.shell.as_of_options import entries_of, stream_named
from cli.shell.settings import Command, settings

if TYPE_CHECKING:
    from lifecycle.book.book import Book
    from lifecycle.journal.left_out.quarantined import Quarantined, QuarantinedReceipt
    from lifecycle.seal.prove import Proof
    from lifecycle.seal.verify import Verified

WAY_OUT = "grantbook audit seal --quarantine {} --reason …"
"""By which a row that is no lawful entry is set aside."""


def tail_of(book: "Book") -> dict[str, Any]:
    """What of the book no checkpoint covers, as programs read it."""
    from lifecycle.kernel.errors import Altered
    from lifecycle.seal.seal import seal_of

    try:
        entries, receipts = seal_of(book).unsealed()
    except Altered as error:
        return {"unsealed_entries": None, "unsealed_receipts": None, "seal": str(error)}
    return {"unsealed_entries": entries, "unsealed_receipts": receipts}


def tail_line(book: "Book") -> str:
    """What of the book no checkpoint covers, in a line."""
    told = tail_of(book)
    if "seal" in told:
        return f"the seal cannot be trusted: {prose(told['seal'])}: grantbook audit verify tells more"
    return _tail(told["unsealed_entries"], told["unsealed_receipts"])


def _tail(entries: int, receipts: int) -> str:
    if not entries and not receipts:
        return "nothing is unsealed"
    return f"unsealed: {entries:,} entries, {receipts:,} answers"


@click.command(
    "seal",
    cls=Command,
    help="""Seal what is unsealed with a signed checkpoint.

    Every stored byte is hashed again first, and the journal must extend what was sealed before: one that
    is shorter, or another from some entry on, is refused. Unsealed entries that others have recorded are
    judged again by the rules: the seal stops before the first row that is no lawful entry, exit code 4, until
    an administrator quarantines it. Then it is sealed as not lawful, stays in the journal, and counts in
    nothing; so it is with a refusal that the rules would not have given. Keep copies of checkpoints where the
    one who runs the book cannot reach them: that is what makes later proofs worth something.""",
)
@click.option("--new-key", is_flag=True, help="Make another key, and seal with it from now on.")
@click.option(
    "--quarantine",
    "position",
    type=click.IntRange(1, 1 << 62),
    metavar="POSITION",
    help="Set this row aside first, with those of the same transaction.",
)
@click.option(
    "--quarantine-answer",
    "answered",
    metavar="COMMAND_ID",
    help="Set the refusal aside first that was put in under this id.",
)
@click.option("--reason", metavar="TEXT", help="Why it is set aside: how it came there, as far as is known.")
@click.option("--on", metavar="DATE", help="The day of the quarantine, if not today.")
@click.option("--command-id", metavar="ID", help="Of the quarantine: the same id gets the same answer again.")
def seal(
    *,
    new_key: bool,
    position: int | None,
    answered: str | None,
    reason: str | None,
    on: str | None,
    command_id: str | None,
) -> int:
    """Seal it."""
    from lifecycle.seal.seal import seal_of

    asked = settings()
    aside = position is not None or answered is not None
    if not aside and (reason or on or command_id):
        raise click.UsageError("--reason, --on and --command-id go with --quarantine POSITION")
    if position is not None and answered is not None:
        raise click.UsageError("set aside a row or an answer, one at a time")
    if aside:
        if reason is None:
            raise click.UsageError("say why it is set aside: --reason TEXT")
        words = {
            "position": position,
            "answered": answered,
            "reason": reason,
            "on": on,
            "command_id": command_id,
        }
        code, quarantine = _quarantined({name: told for name, told in words.items() if told is not None})
        if code:
            return code
    else:
        quarantine = None
    with asked.open(as_is=True) as book, steps_of("hashing") as told:
        sealed = seal_of(book).seal(whole=True, new_key=new_key, progress=told)
        key = seal_of(book).keys()[-1]
    at = sealed.checkpoint
    if asked.json:
        say(
            to_json(
                {
                    **_checkpoint(at),
                    "file": str(sealed.file),
                    "written": sealed.written,
                    "key": str(key),
                    "fault": None if sealed.fault is None else str(sealed.fault),
                    "quarantine": quarantine,
                }
            )
        )
    elif sealed.written:
        left = "nothing is unsealed" if sealed.fault is None else "what comes after them is not"
        say(f"sealed {sealed.entries:,} entries and {sealed.receipts:,} answers; {left}")
        say(f"checkpoint {safe(sealed.file)}: {at.size:,} entries, root {at.root.hex()}")
    else:
        what = "nothing was unsealed" if sealed.fault is None else "nothing more is sealed"
        say(f"{what}: all {at.size:,} entries are as {safe(sealed.file.name)} has them")
    if new_key and not asked.json:
        say(f"the key from now on, to be given to auditors: {safe(key)}")
    if sealed.fault is None:
        return 0
    said = f"{prose(sealed.fault)}: neither it nor what comes after it is sealed"
    at_fault = sealed.fault.position
    way_out = f"; the way out: {WAY_OUT.format(at_fault)}" if at_fault else prose(sealed.way_out)
    say(f"{said}{way_out}", err=True)
    return _FAILED


def _quarantined(words: dict[str, Any]) -> tuple[int, dict[str, Any] | None]:
    """Record the quarantine, and say on stderr how it went: stdout is for the seal's own answer.

    The exit code, and the answer as programs read it.
    """
    from cli.recording.record import views_behind
    from cli.shell.failures import malformed
    from cli.shell.run_command import accepted, answer_json, not_recorded, refused
    from lifecycle.decide.quarantined_rows import QuarantineAnswer, QuarantineRow
    from lifecycle.kernel.errors import VersionConflict
    from lifecycle.parse import Malformed, checked

    asked = settings()
    recorder = asked.who()
    with asked.open(as_is=True) as book:
        full = {"on": book.today().isoformat(), "actor": recorder, **words}
        try:
            command = checked(QuarantineAnswer if "answered" in words else QuarantineRow, full)
        except Malformed as error:
            for line in malformed(error):
                say(line, err=True)
            return 2, None
        try:
            answer = book.record(command, recorder)
        except VersionConflict as error:
            return not_recorded(asked, error, command.command_id), None
        if answer.refusal is not None:
            say(refused(answer), err=True)
            if asked.json:
                say(to_json(answer_json(answer)))
            return 1, None
        if sentence := views_behind(book):
            say(prose(sentence), err=True)
        aside: list[Quarantined | QuarantinedReceipt] = [*book.quarantined(), *book.quarantined_receipts()]
        for row in aside:
            if row.by.name in answer.entries:
                say(prose(row), err=True)
    say(accepted(answer), err=True)
    return 0, answer_json(answer)


def _checkpoint(at: Any) -> dict[str, Any]:
    return {
        "origin": at.origin,
        "entries": at.size,
        "root": at.root.hex(),
        "receipts": at.receipts,
        "receipts_root": at.receipts_root.hex(),
    }


_FAILED = 4
_BEHIND = 5


@click.command(
    "verify",
    cls=Command,
    help="""Prove that nothing recorded was altered.

    Hashes every stored byte again and holds it against every checkpoint; looks at the order of versions
    and moments, the answers to commands, the tables' own triggers, the snapshot, the documents, and
    whether the views are what the entries add up to. Entries that no checkpoint covers are judged again
    by the rules, on what was known when they were recorded; with --rules all entries are. The first bad
    entry is named; exit code 4.""",
)
@click.option(
    "--checkpoint",
    "kept",
    multiple=True,
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A checkpoint that you kept elsewhere. May be given several times.",
)
@click.option("--key", "keys", multiple=True, metavar="KEY", help="The only public key to be believed.")
@click.option(
    "--rules", is_flag=True, help="Judge every entry and refusal again, not only the unsealed ones."
)
@click.option("--journal-only", is_flag=True, help="Leave out the comparison of the views.")
def verify(kept: tuple[Path, ...], keys: tuple[str, ...], rules: bool, journal_only: bool) -> int:
    """Verify it."""
    from lifecycle.seal.notes import NotSigned, PublicKey
    from lifecycle.seal.seal import seal_of
    from lifecycle.seal.verify import verify as look
    from projections.engine.consistency_check import has_views

    asked = settings()
    try:
        trusted = [PublicKey.parse(key) for key in keys]
    except NotSigned as error:
        raise click.BadParameter(str(error), param_hint="--key") from None
    with asked.open(read_only=True, as_is=True) as book:
        shortfall, lags = book.shortfall(), book.storage.lags
        with steps_of("hashing") as told:
            found = look(book, seal_of(book), kept=kept, trusted=trusted, rules=rules, progress=told)
        problems: list[tuple[str, str]] = [*found.problems]
        views = "none" if not journal_only and not has_views(book) else "not looked at"
        if not (journal_only or problems or views == "none"):
            from projections.engine.consistency_check import AnotherFormat, differences

            try:
                with steps_of("comparing the views") as told:
                    problems += differences(book, told)
                views = "compared"
            except AnotherFormat:
                views = "of another format"
    if shortfall is not None:
        say(f"this is {'a standby' if lags else 'a copy'}, {safe(str(shortfall))}", err=True)
    if asked.json:
        _verified_json(found, problems, views)
    else:
        _verified(found, problems, views, kept=bool(kept or keys))
    if problems:
        return _FAILED
    return _BEHIND if shortfall is not None else 0


def _verified_json(found: "Verified", problems: list[tuple[str, str]], views: str) -> None:
    say(
        to_json(
            {
                "verified": not problems,
                "entries": found.entries,
                "receipts": found.receipts,
                "checkpoints": found.checkpoints,
                "last": _checkpoint(found.last) if found.last else None,
                "unsealed_entries": found.unsealed[0],
                "unsealed_receipts": found.unsealed[1],
                "judged_entries": found.judged[0],
                "judged_receipts": found.judged[1],
                "documents": found.documents,
                "keys": [
                    {"key": str(key), "since": since, "vouched": vouched}
                    for key, since, vouched in found.keys
                ],
                "views": not problems if views == "compared" else None,
                "problems": [{"where": where, "what": what} for where, what in problems],
                "quarantined": [_row(row) for row in found.quarantined],
                "quarantined_answers": [_answer(one) for one in found.quarantined_receipts],
            }
        )
    )


def _row(row: "Quarantined") -> dict[str, Any]:
    act = row.event
    return {
        "entry": row.name,
        "position": row.position,
        "fault": act.fault,
        "by": act.actor,
        "on": act.on.isoformat(),
        "reason": act.reason,
        "quarantined_in": row.by.name,
    }


def _answer(one: "QuarantinedReceipt") -> dict[str, Any]:
    act = one.event
    return {
        "answer": one.number,
        "command_id": act.answered,
        "fault": act.fault,
        "by": act.actor,
        "on": act.on.isoformat(),
        "reason": act.reason,
        "quarantined_in": one.by.name,
    }


def _verified(found: "Verified", problems: list[tuple[str, str]], views: str, *, kept: bool) -> None:
    for where, what in problems:
        say(f"{prose(where)}: {prose(what)}", err=True)
    say(
        f"{found.entries:,} entries, {found.receipts:,} answers, {found.checkpoints:,} checkpoints,"
        f" {found.documents:,} documents"
    )
    if found.last is not None:
        say(f"sealed up to entry {found.last.size:,}: root {found.last.root.hex()}")
    say(_tail(*found.unsealed))
    aside: list[Quarantined | QuarantinedReceipt] = [*found.quarantined, *found.quarantined_receipts]
    for row in aside:
        say(f"not lawful: {prose(row)} (what is wrong with it: {prose(row.event.fault)})")
    for line in _worth(found, kept=kept):
        say(line)
    if problems:
        say(f"failed verification: {len(problems)} problem{'s' if len(problems) > 1 else ''}", err=True)
        return
    there = {
        "compared": "the views are what the entries add up to",
        "none": "there are no views",
        "of another format": "the views are of another format: the next report makes them again",
    }
    say(f"verified: {_judged(found)}; {there.get(views, 'the views were not looked at')}")


def _judged(found: "Verified") -> str:
    """What was proved: never that the rules were kept, if they were not judged."""
    if found.last is None:
        return f"nothing is sealed; rules judged for the {found.judged[0]:,} entries"
    if found.judged == (found.entries, found.receipts):
        return f"sealed and unaltered; rules judged for all {found.entries:,} entries"
    return f"sealed and unaltered; rules judged for the {found.judged[0]:,} unsealed entries"


def _worth(found: "Verified", *, kept: bool) -> Iterator[str]:
    """What the seal is worth: whose keys it rests on, and against whom it protects."""
    for key, since, vouched in found.keys[1:]:
        signed = f"signs from checkpoint {since} on" if since else "has signed nothing yet"
        by = f"the key before it {'signed for it' if vouched else 'did not sign for it: ask why'}"
        yield f"key {safe(key)} {signed}; {by}"
    if not found.each_command:
        yield "commands are not sealed as they are recorded"
    if not kept:
        yield (
            "held against the book's own checkpoints: against whoever runs the book protects one that you"
            "\nkept elsewhere (--checkpoint FILE), and the key as it was given to you (--key KEY)"
        )


_NUMBER = re.compile(r"\d{1,18}", re.ASCII)
"""Of an entry: as large as a database can hold."""


def _entry_named(book: "Book", text: str) -> tuple[str, int]:
    """Stream and version of ``SSF-1@3``, ``fund@5`` or a position. Raises ``BadParameter``."""
    if _NUMBER.fullmatch(text):
        found = book.entry_at(int(text))
        if found is None:
            raise click.BadParameter(f"there is no entry at position {text}", param_hint="ENTRY")
        return found
    name, at, version = text.rpartition("@")
    if not at or not _NUMBER.fullmatch(version):
        raise click.BadParameter("name an entry like SSF-2018-07@3, fund@12 or 684", param_hint="ENTRY")
    stream = stream_named(name.removeprefix("grant:"))
    if book.journal.entry_row(stream, int(version)) is None:
        _, entries = entries_of(book, stream)
        newest = f"the newest is {name}@{entries[-1].originator_version}"
        raise click.BadParameter(f"there is no entry {text}: {newest}", param_hint="ENTRY")
    return stream, int(version)


@click.command(
    "prove",
    cls=Command,
    help="""Prove that an entry is in the sealed journal.

    Prints a proof in the form of C2SP tlog-proof, which brings the entry with it and can be checked
    with nothing but the public key. ENTRY is a name as audit history shows it, or a position.""",
)
@click.argument("entry", metavar="ENTRY")
@click.option("--output", metavar="FILE", type=click.Path(path_type=Path), help="Write it there.")
def prove(entry: str, output: Path | None) -> int:
    """Prove it."""
    from lifecycle.seal.prove import prover
    from lifecycle.seal.seal import seal_of

    asked = settings()
    with asked.open(read_only=True, as_is=True) as book:
        stream, version = _entry_named(book, entry)
        with prover(book, seal_of(book)) as maker:
            proof = maker.prove(stream, version)
    if output is not None:
        try:
            output.write_text(proof.text, "utf-8")
        except OSError as error:
            raise click.UsageError(f"{output} cannot be written: {error.strerror}") from None
        place = f"entry {proof.place + 1:,} of {proof.checkpoint.size:,}"
        say(f"wrote {safe(output)}: {safe(proof.name)} is {place}", err=True)
        _not_lawful(proof)
    elif asked.json:
        hashes = [one.hex() for one in proof.hashes]
        told = {"entry": proof.name, "index": proof.place, "leaf": proof.leaf.hex(), "proof": hashes}
        lawful = {"quarantined": None if proof.quarantined is None else _row(proof.quarantined)}
        say(to_json({**told, "checkpoint": _checkpoint(proof.checkpoint), "text": proof.text, **lawful}))
    else:
        sys.stdout.write(proof.text)
        _not_lawful(proof)
    return 0


def _not_lawful(proof: "Proof") -> None:
    """That a row is in the sealed journal does not say that it counts."""
    if proof.quarantined is not None:
        say(f"it is sealed as not lawful, and counts in nothing: {prose(proof.quarantined)}", err=True)


@click.command(
    "export",
    cls=Command,
    help="""Write what an auditor needs to check it all alone.

    A new folder with entries, answers, the hashes of all leaves, checkpoints, public key, a proof of each
    stream's newest entry, a signed list of all files, and verify.py, one readable file that checks them
    without grantbook. With grants named, only theirs are shown; of the rest there are the hashes.""",
)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.argument("names", metavar="[GRANT|fund|call:CALL]...", nargs=-1)
@click.option("--documents", is_flag=True, help="With the files that are attached to what is shown.")
def export(folder: Path, names: tuple[str, ...], documents: bool) -> int:
    """Export it."""
    from lifecycle.seal.prove import export as write
    from lifecycle.seal.seal import seal_of

    asked = settings()
    with asked.open(read_only=True, as_is=True) as book:
        for name in names:
            entries_of(book, name)
        seal_here = seal_of(book)
        streams = [stream_named(name) for name in names]
        made = write(book, seal_here, folder, streams, documents=documents)
        unsealed = seal_here.unsealed()
    told: dict[str, Any] = {"entries": made.entries, "receipts": made.receipts, "proofs": made.proofs}
    told |= {"documents": made.documents, "signed": made.signed}
    told |= {"unsealed_entries": unsealed[0], "unsealed_receipts": unsealed[1]}
    if asked.json:
        say(to_json({"folder": str(folder), **told, "checkpoint": _checkpoint(made.checkpoint)}))
        return 0
    say(
        f"wrote {safe(folder)}: {made.entries:,} entries, {made.receipts:,} answers, {made.proofs:,} proofs,"
        f" sealed up to entry {made.checkpoint.size:,}"
    )
    if any(unsealed):
        say(f"left out is what is {_tail(*unsealed)}: grantbook audit seal seals them")
    if not made.signed:
        say(
            "its manifest is not signed, since the book's key is not here: verify.py asks for --unsigned then"
        )
    words = f"{safe(folder / 'verify.py')}{' --part' if names else ''}{'' if made.signed else ' --unsigned'}"
    say(f"check it with: python {words} --key …, the key as the fund gave it to you")
    return 0
