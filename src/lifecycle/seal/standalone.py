#!/usr/bin/env python3
"""Check an audit package of grantbook, without grantbook.

    python verify.py [--key NAME+ID+KEY] [--checkpoint FILE] [--part] [--unsigned] [--proof FILE] [FOLDER]

One file, to be read before it is run. It needs Python 3.11 and the package ``cryptography``, asks no
network, and writes nothing. It shows that

1. every checkpoint is signed with the key, and each tree begins with the one before it,
2. the entries and answers in the package hash to the leaves of those trees (RFC 6962),
3. versions of each stream go up by one, and recorded_at grows from entry to entry,
4. every accepted answer names the entries that its command became, and every entry is named once,
5. nothing is left out, unless you say with --part that you expect only some streams,
6. each stream's newest entry has a proof of its own in ``proofs``, which leads to a checkpoint,
7. the files are those of the manifest, no more and no fewer, and the key has signed it: say --unsigned if you
   know that the package was made where the key is not.

A row that somebody put into the journal, and that is no lawful entry, may have been quarantined: it is sealed
as such, by a RowQuarantined. It is named, and 3 and 4 ask nothing of it.

Trust in it comes from two things that are not in this folder: the KEY, as the fund gave it to you
earlier, and any CHECKPOINT that you kept. Without them it shows only that the package fits together.
Exit code 0: all of it holds. 4: something does not, and is named. 2: it could not be checked here.
"""

import argparse
import base64
import hashlib
import json
import os
import re
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

RECEIPT_PARTS = (
    "command_id digest command stream on actor recorder recorded_at outcome refusal rule message entries"
).split()


TEXT = (str, type(None))
RECEIPT: dict[str, tuple[type, ...]] = {
    "index": (int,),
    **dict.fromkeys(RECEIPT_PARTS, (str,)),
    **dict.fromkeys(("refusal", "rule", "message"), TEXT),
}
ENTRY: dict[str, tuple[type, ...]] = {
    "index": (int,),
    "stream": (str,),
    "version": (int,),
    "topic": (str,),
    "stored": (str,),
}
"""The keys of a row, and the types of their values; of what is no text the stored bytes are in base64."""


class Wrong(Exception):
    """Something does not hold."""


class Missing(Exception):
    """Something that the check needs is not on this machine."""


def check(holds: bool, what: str) -> None:
    """Raises `Wrong` where it does not hold."""
    if not holds:
        raise Wrong(what)


# ── leaves and trees (RFC 6962) ──────────────────────────────────────────────────────────────


def leaf_of_entry(entry: dict[str, Any]) -> bytes:
    """The bytes of an entry's leaf: a tag, then stream, version, topic and stored text by their lengths."""
    stream, topic, stored = entry["stream"].encode(), entry["topic"].encode(), stored_bytes(entry)
    number = struct.Struct(">Q").pack
    parts = [number(len(stream)), stream, number(entry["version"])]
    parts += [number(len(topic)), topic, number(len(stored)), stored]
    return b"grantbook entry v1\n" + b"".join(parts)


def stored_bytes(entry: dict[str, Any]) -> bytes:
    """What is stored of an entry; what is not text stands in base64."""
    if "stored_base64" in entry:
        return base64.b64decode(entry["stored_base64"], validate=True)
    stored: str = entry["stored"]
    return stored.encode()


def leaf_of_receipt(receipt: dict[str, Any]) -> bytes:
    """The bytes of an answer's leaf: a tag, the lengths of all parts (-1: not there), then the parts."""
    parts = [receipt[part] for part in RECEIPT_PARTS]
    lengths = struct.pack(f">{len(parts)}q", *(-1 if part is None else len(part) for part in parts))
    return b"grantbook receipt v1\n" + lengths + "".join(part or "" for part in parts).encode()


def leaf_hash(data: bytes) -> bytes:
    """Of a leaf's bytes."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Of two subtrees."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def roots(leaves: list[bytes], sizes: set[int]) -> dict[int, bytes]:
    """The roots of the trees of the first leaves, for each of the sizes."""
    peaks: list[tuple[int, bytes]] = []  # complete subtrees from left to right, with their sizes
    found = {}
    for count, leaf in enumerate([b"", *leaves]):
        if count:
            peaks.append((1, leaf))
        while len(peaks) > 1 and peaks[-1][0] == peaks[-2][0]:
            size, right = peaks.pop()
            peaks[-1] = (2 * size, node_hash(peaks[-1][1], right))
        if count in sizes:
            root = peaks[-1][1] if peaks else hashlib.sha256().digest()
            for _, left in reversed(peaks[:-1]):
                root = node_hash(left, root)
            found[count] = root
    return found


def root_from(leaf: bytes, index: int, size: int, proof: list[bytes]) -> bytes:
    """Where an inclusion proof leads (RFC 6962, section 2.1.1). Raises `Wrong`."""
    check(0 <= index < size, "the proof's index is not in the tree")
    if size == 1:
        check(not proof, "the proof is too long")
        return leaf
    check(bool(proof), "the proof is too short")
    half = 1 << ((size - 1).bit_length() - 1)
    if index < half:
        return node_hash(root_from(leaf, index, half, proof[:-1]), proof[-1])
    return node_hash(proof[-1], root_from(leaf, index - half, size - half, proof[:-1]))


# ── checkpoints (C2SP signed-note and tlog-checkpoint) ───────────────────────────────────────


def signed(note: str, keys: list[str]) -> list[str]:
    """The lines of a note that one of the keys has signed. Raises `Wrong`."""
    text, _, signatures = note.rpartition("\n\n")
    for line in signatures.removesuffix("\n").split("\n"):
        mark, name, encoded = line.split(" ")
        check(mark == "—", "it is not a signed note")
        signature = base64.b64decode(encoded)
        for key in keys:
            key_name, number, public = key.split("+", 2)
            if name != key_name or signature[:4].hex() != number:
                continue
            raw = base64.b64decode(public)
            check(
                hashlib.sha256(name.encode() + b"\n" + raw).hexdigest()[:8] == number, "the key is malformed"
            )
            check_signature(raw[1:], signature[4:], (text + "\n").encode())
            return text.split("\n")
    raise Wrong("it is not signed with the key")


def check_signature(key: bytes, signature: bytes, data: bytes) -> None:
    """The Ed25519 key has signed the data. Raises `Wrong`, or `Missing` without ``cryptography``."""
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError as error:
        raise Missing(
            f"this check needs the package cryptography (python -m pip install cryptography): {error}"
        ) from None
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, data)
    except InvalidSignature:
        raise Wrong("the signature does not fit the text") from None


class Checkpoint:
    """One checkpoint. Raises `Wrong` where it is not signed."""

    def __init__(self, place: Path | str, note: str, keys: list[str]) -> None:
        try:
            self.origin, size, root, receipts = signed(note, keys)
            word, answers, answers_root = receipts.split(" ")
            check(word == "receipts", "its fourth line is not about receipts")
            self.sizes = int(size), int(answers)
            self.roots = base64.b64decode(root), base64.b64decode(answers_root)
        except (ValueError, Wrong) as error:
            raise Wrong(f"checkpoint {place}: {error}") from None
        self.place = place


# ── the package ──────────────────────────────────────────────────────────────────────────────


def parsed(text: str) -> Any:
    """JSON in which no key stands twice, and no number is ``NaN``. Raises ``ValueError``."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(found := dict(pairs)) != len(pairs):
            raise ValueError("a key stands twice")
        return found

    def refused(number: str) -> Any:
        raise ValueError(f"{number} is no number")

    return json.loads(text, object_pairs_hook=once, parse_constant=refused)


def rows(file: Path, types: dict[str, tuple[type, ...]]) -> Iterator[dict[str, Any]]:
    """One JSON object a line, of exactly these keys and types."""
    with file.open(encoding="utf-8", newline="\n") as lines:
        for number, line in enumerate(lines, 1):
            try:
                row = parsed(line)
                wanted = dict(types)
                if "stored_base64" in row and "stored" in wanted:
                    wanted["stored_base64"] = wanted.pop("stored")
                check(line.endswith("\n") and type(row) is dict, "it is no object of a line of its own")
                check(row.keys() == wanted.keys(), f"its keys are {', '.join(map(repr, row))}")
                for key, value in row.items():
                    check(type(value) in wanted[key], f"{key} is {value!r}")
            except (ValueError, Wrong) as error:
                raise Wrong(f"{file.name} line {number}: {error}") from None
            yield row


def entries_of(folder: Path) -> Iterator[dict[str, Any]]:
    """The entries in the package, in the order of recording."""
    return rows(folder / "entries.jsonl", ENTRY)


def leaves_in(file: Path) -> list[bytes]:
    """Hashes of all leaves, one a line in hexadecimal."""
    text = file.read_bytes().decode("ascii")
    check(re.fullmatch("([0-9a-f]{64}\n)*", text) is not None, f"{file.name}: a line is no hash")
    return [bytes.fromhex(line) for line in text.split()]


def check_rows(file: Path, types: Any, leaves: list[bytes], data: Any, name: Any) -> int:
    """Each row hashes to the leaf in its place. Returns how many there are."""
    count, before = 0, -1
    for row in rows(file, types):
        index = row["index"]
        check(before < index < len(leaves), f"{name(row)}: its place {index} is out of order")
        check(
            leaf_hash(data(row)) == leaves[index], f"{name(row)}: it is not what was sealed at place {index}"
        )
        count, before = count + 1, index
    return count


MANIFEST = "manifest"
QUARANTINES = "fund:quarantine"


def quarantined_rows(folder: Path) -> dict[int, str]:
    """The places of the rows that were quarantined, from 0 on, each with who did so, when and why."""
    found = {}
    for entry in entries_of(folder):
        if entry["stream"] == QUARANTINES and entry["topic"].startswith("RowQuarantined."):
            act = parsed(entry["stored"])
            for position in (act["position"], *act.get("also", ())):
                found[position - 1] = f"quarantined by {act['actor']}, {act['on']}: {act['reason']}"
    return {place: told for place, told in found.items() if place >= 0}


def quarantined_receipts(folder: Path) -> Iterator[str]:
    """Each answer that was quarantined, with who did so, when and why."""
    for entry in entries_of(folder):
        if entry["stream"] == QUARANTINES and entry["topic"].startswith("AnswerQuarantined."):
            act = parsed(entry["stored"])
            by = f"quarantined by {act['actor']}, {act['on']}: {act['reason']}"
            yield f"not lawful: answer {act['answer']}, to the command {act['answered']}, is {by}\n"


def check_order(folder: Path, aside: dict[int, str]) -> None:
    """Versions go up by one in each stream, moments grow; quarantined rows keep their versions."""
    versions: dict[str, int] = {}
    taken = {(one["stream"], one["version"]) for one in entries_of(folder) if one["index"] in aside}
    moment = ""
    for entry in entries_of(folder):
        if entry["index"] in aside:
            continue
        name, recorded = entry_name(entry), parsed(entry["stored"])["recorded_at"]
        expected = versions.get(entry["stream"], 0) + 1
        while (entry["stream"], expected) in taken:
            expected += 1
        check(entry["version"] == expected, f"{name}: a version before it is missing")
        check(recorded > moment, f"{name}: it was not recorded after the entry before it")
        versions[entry["stream"]], moment = entry["version"], recorded


def check_answers(folder: Path, aside: dict[int, str]) -> None:
    """Accepted answers name the entries of their commands, in their order, and nothing else.

    Of a quarantined row no answer is asked, and an answer that names one is not held against the entries.
    """
    names = {entry_name(one) for one in entries_of(folder) if one["index"] in aside}
    entries = (one for one in entries_of(folder) if one["index"] not in aside)
    for receipt in rows(folder / "receipts.jsonl", RECEIPT):
        if not names.isdisjoint(receipt["entries"].split()):
            continue
        recorded = ""
        for name in receipt["entries"].split():
            entry = next(entries, None)
            check(
                entry is not None and entry_name(entry) == name,
                f"{receipt_name(receipt)}: {name} is not there",
            )
            assert entry is not None
            stored = parsed(entry["stored"])
            check(stored["command_id"] == receipt["command_id"], f"{name}: it is of another command")
            recorded = stored["recorded_at"]
        accepted = receipt["outcome"] == "accepted"
        check(
            accepted == bool(recorded),
            f"{receipt_name(receipt)}: {receipt['outcome']}, yet {receipt['entries']!r}",
        )
        check(not accepted or recorded == receipt["recorded_at"], f"{receipt_name(receipt)}: another moment")
    extra = next(entries, None)
    check(extra is None, f"{extra and entry_name(extra)}: no answer names it")


def entry_name(entry: dict[str, Any]) -> str:
    """Stream and version."""
    return f"{entry['stream']}@{entry['version']}"


def receipt_name(receipt: dict[str, Any]) -> str:
    """Its command's id."""
    return f"answer to {receipt['command_id']}"


def plain(path: Path) -> Path:
    """The path of a plain file: a pipe would be waited for. Raises `Wrong` if it is something else."""
    check(path.is_file(), f"{path.name}: it is not there, or no plain file")
    return path


def check_manifest(folder: Path, keys: list[str], *, unsigned: bool) -> set[str]:
    """The files are those that the manifest lists, each as it was. Returns what its head says."""
    note = plain(folder / MANIFEST).read_bytes().decode()
    if "\n\n" in note:
        lines = signed(note, keys)
    else:
        check(unsigned, "the manifest is not signed: the key was not there (--unsigned if you know that)")
        lines = note.removesuffix("\n").split("\n")
    head = lines.index("files")
    check(lines[0] == "grantbook package v1", "the manifest is of another form")
    listed = {path: digest for digest, _, path in (line.partition("  ") for line in lines[head + 1 :])}
    check(len(listed) == len(lines) - head - 1, "the manifest lists a file twice")
    there = set()
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        check(not path.is_symlink(), f"{name}: it is a link")
        check(path.is_dir() or path.is_file(), f"{name}: it is neither a file nor a folder")
        if path.is_dir():
            check(any(one.startswith(f"{name}/") for one in listed), f"{name}: the manifest does not list it")
        elif name != MANIFEST:
            there.add(name)
    for name in sorted(listed.keys() ^ there):
        check(name in listed, f"{name}: the manifest does not list it")
        check(name in there, f"{name}: it is not there")
    for name, digest in listed.items():
        found = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        check(found == digest, f"{name}: it is not the file that the manifest lists")
    return set(lines[1:head])


def check_documents(folder: Path, aside: dict[int, str]) -> int:
    """Each document that an entry names is there under its SHA-256. Returns how many there are."""
    for entry in entries_of(folder):
        if entry["topic"].startswith("DocumentAttached.") and entry["index"] not in aside:
            digest = parsed(entry["stored"])["sha256"]
            place = folder / "documents" / str(digest)
            check(place.is_file(), f"{entry_name(entry)}: its document {digest} is not there")
            found = hashlib.sha256(place.read_bytes()).hexdigest()
            check(found == digest, f"documents/{digest}: it is another document")
    return len(list((folder / "documents").glob("*")))


def check_proofs(folder: Path, keys: list[str]) -> int:
    """Each stream's newest entry has a proof under its own name, and there are no others. How many."""
    newest: dict[str, dict[str, Any]] = {}
    for entry in entries_of(folder):
        known = newest.get(entry["stream"])
        if known is None or entry["version"] > known["version"]:
            newest[entry["stream"]] = entry
    named = {f"{quote(one['stream'], safe='')}@{one['version']}.tlog-proof": one for one in newest.values()}
    there = {path.name for path in (folder / "proofs").glob("*")}
    for name in sorted(named.keys() ^ there):
        check(name in named, f"proofs/{name}: it is of no stream's newest entry")
        check(name in there, f"proofs/{name}: it is not there")
    for name, entry in named.items():
        check(
            check_proof(folder / "proofs" / name, keys)[0] == leaf_of_entry(entry),
            f"proofs/{name}: it is of another entry",
        )
    return len(named)


def check_proof(place: Path, keys: list[str]) -> tuple[bytes, Checkpoint]:
    """A proof of inclusion (C2SP tlog-proof) that carries its leaf, which is returned with its checkpoint."""
    head, _, note = place.read_bytes().decode().partition("\n\n")
    first, extra, index, *hashes = head.split("\n")
    check(first == "c2sp.org/tlog-proof@v1", f"{place.name}: it is not a proof")
    check(
        extra.startswith("extra ") and index.startswith("index "),
        f"{place.name}: its leaf or index is missing",
    )
    data, checkpoint = base64.b64decode(extra[6:]), Checkpoint(place.name, note, keys)
    proof = [base64.b64decode(one) for one in hashes]
    found = root_from(leaf_hash(data), int(index[6:]), checkpoint.sizes[0], proof)
    check(found == checkpoint.roots[0], f"{place.name}: it does not lead to the checkpoint's root")
    return data, checkpoint


def told(data: bytes) -> str:
    """An entry's leaf, in words."""
    at, parts = len(b"grantbook entry v1\n"), []
    for kind in ("text", "number", "text", "text"):
        number = int.from_bytes(data[at : at + 8], "big")
        at += 8
        parts.append(
            str(number)
            if kind == "number"
            else data[at : (at := at + number)].decode(errors="backslashreplace")
        )
    stream, version, topic, stored = parts
    return f"{stream}@{version} {topic} {stored}"


def check_package(folder: Path, keys: list[str], kept: list[Path], *, part: bool, unsigned: bool) -> str:
    """All of it; ``part``: of some streams only. Returns what was found to hold. Raises `Wrong`."""
    head = check_manifest(folder, keys, unsigned=unsigned)
    places = sorted((folder / "checkpoints").glob("*.note"))
    check(bool(places), "there is no checkpoint in the package")
    checkpoints = [Checkpoint(place.name, place.read_bytes().decode(), keys) for place in [*places, *kept]]
    leaves = leaves_in(folder / "entries.leaves"), leaves_in(folder / "receipts.leaves")
    for place in (0, 1):
        found = roots(leaves[place], {one.sizes[place] for one in checkpoints})
        for one in checkpoints:
            what = ("entries", "answers")[place]
            check(one.origin == checkpoints[0].origin, f"checkpoint {one.place}: it is of another book")
            check(
                one.sizes[place] <= len(leaves[place]),
                f"checkpoint {one.place}: {what} that it covers are missing",
            )
            check(
                found[one.sizes[place]] == one.roots[place], f"checkpoint {one.place}: the {what} are others"
            )
    first = leaves[0][0].hex() if leaves[0] else ""
    check(checkpoints[0].origin == f"grantbook/{first[:32]}", "the origin is not that of the first entry")
    newest = checkpoints[len(places) - 1]
    for line in (newest.origin, f"checkpoint {places[-1].name}", "part" if part else "whole"):
        wrong = (
            "it is a part: say --part, if that was agreed" if "part" in head else f"it says nothing of {line}"
        )
        check(line in head, f"the manifest: {wrong}")
    check(tuple(map(len, leaves)) == newest.sizes, "there are leaves that no checkpoint covers")
    entries = check_rows(folder / "entries.jsonl", ENTRY, leaves[0], leaf_of_entry, entry_name)
    receipts = check_rows(folder / "receipts.jsonl", RECEIPT, leaves[1], leaf_of_receipt, receipt_name)
    aside = quarantined_rows(folder)
    check_order(folder, aside)
    documents = check_documents(folder, aside) if "documents" in head else 0
    if not part:
        held = f"{entries} of {newest.sizes[0]} entries and {receipts} of {newest.sizes[1]} answers are here"
        check((entries, receipts) == newest.sizes, held)
        check_answers(folder, aside)
    proofs = check_proofs(folder, keys)
    unlawful = [
        f"not lawful, and counts in nothing: {entry_name(entry)} is {aside[entry['index']]}\n"
        for entry in entries_of(folder)
        if entry["index"] in aside
    ]
    held = f"{len(checkpoints)} checkpoints, {proofs} proofs and {documents} documents hold"
    return "".join([*unlawful, *quarantined_receipts(folder)]) + (
        f"{newest.origin}: {entries} of {newest.sizes[0]} entries and {receipts} of {newest.sizes[1]} answers"
        f" are as they were sealed; {held}"
    )


def main() -> tuple[int, str]:
    """What the command line asks for: the exit code, and what to print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).parent)
    parser.add_argument("--key", action="append", help="the fund's public key, as you were given it")
    parser.add_argument("--checkpoint", action="append", type=Path, default=[], help="one that you kept")
    parser.add_argument("--part", action="store_true", help="only some streams are in it, as agreed")
    parser.add_argument("--unsigned", action="store_true", help="the key was not there when it was made")
    parser.add_argument("--proof", type=Path, help="check this proof alone")
    asked = parser.parse_args()
    try:
        keys = asked.key or plain(asked.folder / "keys").read_text("ascii").split()
        if asked.proof:
            holds = told(check_proof(asked.proof, keys)[0])
        else:
            holds = check_package(
                asked.folder, keys, asked.checkpoint, part=asked.part, unsigned=asked.unsigned
            )
    except Missing as missing:
        return 2, str(missing)
    except Wrong as wrong:
        return 4, f"does not hold: {wrong}"
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, struct.error) as error:
        return 4, f"does not hold: the package is not whole: {type(error).__name__}: {error}"
    except RecursionError:
        return 4, "does not hold: something in it is nested too deep"
    if not asked.key:
        holds += "\nThe key was taken from the package itself: compare it with the one that you were given:\n"
        holds += "\n".join(keys)
    return 0, holds


def run() -> int:
    """Check, and print the result; the exit code is right even if nobody reads what is printed."""
    code, words = main()
    out = sys.stderr if code else sys.stdout
    try:
        print(words, file=out, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())
        print(f"the result could not be printed: {error.strerror}", file=sys.stderr)  # noqa: T201
        return code or 2
    return code


if __name__ == "__main__":
    sys.exit(run())
