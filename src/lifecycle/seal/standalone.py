#!/usr/bin/env python3
"""Check an audit package of grantbook, without grantbook.

    python verify.py [--key NAME+ID+KEY] [--checkpoint FILE] [--part] [--proof FILE] [FOLDER]

One file, to be read before it is run. It needs Python 3.11 and the package ``cryptography``, asks no
network, and writes nothing. It shows that

1. every checkpoint is signed with the key, and each tree begins with the one before it,
2. the entries and answers in the package hash to the leaves of those trees (RFC 6962),
3. versions of each stream go up by one, and recorded_at grows from entry to entry,
4. every accepted answer names the entries that its command became, and every entry is named once,
5. nothing is left out, unless you say with --part that you expect only some streams,
6. every proof in ``proofs`` leads from its entry to a checkpoint.

A row that somebody put into the journal, and that is no lawful entry, may have been quarantined: it is sealed
as such, by a RowQuarantined. It is named, and 3 and 4 ask nothing of it.

Trust in it comes from two things that are not in this folder: the KEY, as the fund gave it to you
earlier, and any CHECKPOINT that you kept. Without them it shows only that the package fits together.
Exit code 0: all of it holds. 4: something does not, and is named.
"""

import argparse
import base64
import hashlib
import json
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

RECEIPT_PARTS = (
    "command_id digest command stream on actor recorder recorded_at outcome refusal rule message entries"
).split()


class Wrong(Exception):
    """Something does not hold."""


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
            try:
                Ed25519PublicKey.from_public_bytes(raw[1:]).verify(signature[4:], (text + "\n").encode())
            except InvalidSignature:
                raise Wrong("the signature does not fit the text") from None
            return text.split("\n")
    raise Wrong("it is not signed with the key")


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


def rows(file: Path) -> Iterator[dict[str, Any]]:
    """One JSON object a line."""
    with file.open(encoding="utf-8", newline="\n") as lines:
        for number, line in enumerate(lines, 1):
            try:
                yield json.loads(line)
            except ValueError as error:
                raise Wrong(f"{file.name} line {number}: {error}") from None


def leaves_in(file: Path) -> list[bytes]:
    """Hashes of all leaves, one a line in hexadecimal."""
    return [bytes.fromhex(line) for line in file.read_text("ascii").split()]


def check_rows(file: Path, leaves: list[bytes], data: Any, name: Any) -> int:
    """Each row hashes to the leaf in its place. Returns how many there are."""
    count, before = 0, -1
    for row in rows(file):
        index = row["index"]
        check(before < index < len(leaves), f"{name(row)}: its place {index} is out of order")
        check(
            leaf_hash(data(row)) == leaves[index], f"{name(row)}: it is not what was sealed at place {index}"
        )
        count, before = count + 1, index
    return count


QUARANTINES = "fund:quarantine"


def quarantined_rows(folder: Path) -> dict[int, str]:
    """The places of the rows that were quarantined, from 0 on, each with who did so, when and why."""
    found = {}
    for entry in rows(folder / "entries.jsonl"):
        if entry["stream"] == QUARANTINES and entry["topic"].startswith("RowQuarantined."):
            act = json.loads(entry["stored"])
            for position in (act["position"], *act.get("also", ())):
                found[position - 1] = f"quarantined by {act['actor']}, {act['on']}: {act['reason']}"
    return {place: told for place, told in found.items() if place >= 0}


def check_order(folder: Path, aside: dict[int, str]) -> None:
    """Versions go up by one in each stream, moments grow; quarantined rows keep their versions."""
    versions: dict[str, int] = {}
    taken = {
        (one["stream"], one["version"]) for one in rows(folder / "entries.jsonl") if one["index"] in aside
    }
    moment = ""
    for entry in rows(folder / "entries.jsonl"):
        if entry["index"] in aside:
            continue
        name, recorded = entry_name(entry), json.loads(entry["stored"])["recorded_at"]
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
    names = {entry_name(one) for one in rows(folder / "entries.jsonl") if one["index"] in aside}
    entries = (one for one in rows(folder / "entries.jsonl") if one["index"] not in aside)
    for receipt in rows(folder / "receipts.jsonl"):
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
            stored = json.loads(entry["stored"])
            check(stored["command_id"] == receipt["command_id"], f"{name}: it is of another command")
            recorded = stored["recorded_at"]
        accepted = receipt["outcome"] == "accepted"
        check(
            accepted == bool(recorded),
            f"{receipt_name(receipt)}: {receipt['outcome']}, yet {receipt['entries']!r}",
        )
        check(not accepted or recorded == receipt["recorded_at"], f"{receipt_name(receipt)}: another moment")
    extra = next(entries, None)
    check(extra is None, f"{extra and entry_name(extra)}: no answer tells of it")


def entry_name(entry: dict[str, Any]) -> str:
    """Stream and version."""
    return f"{entry['stream']}@{entry['version']}"


def receipt_name(receipt: dict[str, Any]) -> str:
    """Its command's id."""
    return f"answer to {receipt['command_id']}"


def check_proof(place: Path, keys: list[str]) -> tuple[str, Checkpoint]:
    """A proof of inclusion (C2SP tlog-proof) that carries its leaf. Returns the entry's name and text."""
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
    return told(data), checkpoint


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


def check_package(folder: Path, keys: list[str], kept: list[Path], part: bool) -> str:
    """All of it; ``part``: of some streams only. Returns what was found to hold. Raises `Wrong`."""
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
    check(tuple(map(len, leaves)) == newest.sizes, "there are leaves that no checkpoint covers")
    entries = check_rows(folder / "entries.jsonl", leaves[0], leaf_of_entry, entry_name)
    receipts = check_rows(folder / "receipts.jsonl", leaves[1], leaf_of_receipt, receipt_name)
    aside = quarantined_rows(folder)
    check_order(folder, aside)
    if not part:
        held = f"{entries} of {newest.sizes[0]} entries and {receipts} of {newest.sizes[1]} answers are here"
        check((entries, receipts) == newest.sizes, f"{held}: is it a part only? Then say --part")
        check_answers(folder, aside)
    proofs = sorted((folder / "proofs").glob("*.tlog-proof"))
    for proof in proofs:
        check_proof(proof, keys)
    told = [
        f"not lawful, and counts in nothing: {entry_name(entry)} is {aside[entry['index']]}\n"
        for entry in rows(folder / "entries.jsonl")
        if entry["index"] in aside
    ]
    return "".join(told) + (
        f"{newest.origin}: {entries} of {newest.sizes[0]} entries and {receipts} of {newest.sizes[1]} answers"
        f" are as they were sealed; {len(checkpoints)} checkpoints and {len(proofs)} proofs hold"
    )


def main() -> int:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).parent)
    parser.add_argument("--key", action="append", help="the fund's public key, as you were given it")
    parser.add_argument("--checkpoint", action="append", type=Path, default=[], help="one that you kept")
    parser.add_argument("--part", action="store_true", help="only some streams are in it, as agreed")
    parser.add_argument("--proof", type=Path, help="check this proof alone")
    asked = parser.parse_args()
    try:
        keys = asked.key or (asked.folder / "keys").read_text("ascii").split()
        if asked.proof:
            print(check_proof(asked.proof, keys)[0])
        else:
            print(check_package(asked.folder, keys, asked.checkpoint, asked.part))
    except Wrong as wrong:
        print(f"does not hold: {wrong}", file=sys.stderr)
        return 4
    except (OSError, ValueError, KeyError, TypeError, AttributeError, struct.error) as error:
        print(f"does not hold: the package is not whole: {type(error).__name__}: {error}", file=sys.stderr)
        return 4
    if not asked.key:
        print("The key was taken from the package itself: compare it with the one that you were given:")
        print("\n".join(keys))
    return 0


if __name__ == "__main__":
    sys.exit(main())
