#!/usr/bin/env python3
"""Check an audit package of grantbook, without grantbook.

    python verify.py [--key NAME+ID+KEY] [--checkpoint FILE] [--part] [--unsigned] [--proof FILE] [FOLDER]

This one file can be read before it is run. It needs Python 3.11 and the package ``cryptography``. It uses no
network and writes nothing. It checks that

1. every checkpoint is signed with the key, and each tree begins with the one before it,
2. the entries and refusals in the package hash to the leaves of those trees (RFC 6962),
3. versions of each stream go up by one, and recorded_at grows from entry to entry,
4. every accepted answer names the entries that its command became, and every entry is named once,
5. nothing is left out, unless you say with --part that you expect only some streams,
6. each stream's newest entry has a proof in ``proofs``, which leads to a checkpoint,
7. the files are those of the manifest, no more and no fewer, and the key has signed it: say --unsigned if you
   know that the package was made where the key is not.

A row that somebody put into the journal, and that is not a lawful entry, may be quarantined: a RowQuarantined
says so, and the row is sealed as unlawful. The result names it; checks 3 and 4 leave it out.

Trust in the result comes from what is not in this folder: the KEY, as the fund gave it to you earlier, and
any CHECKPOINT that you kept. Without them the result shows only that the package agrees with itself.
Exit code 0: everything holds. 4: a check failed, and is named. 2: it could not be checked on this machine.
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
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

TEXT = (str, type(None))
REFUSAL: dict[str, tuple[type, ...]] = {
    "index": (int,),
    **dict.fromkeys("command_id digest command stream on actor recorder".split(), (str,)),
    "recorded_at": (str, int),
    "refusal": (str,),
    "rule": TEXT,
    "message": (str,),
    "request": TEXT,
    "position": (int,),
}
ENTRY: dict[str, tuple[type, ...]] = {
    "index": (int,),
    "stream": (str,),
    "version": (int,),
    "topic": (str,),
    "recorded_at": (str, int),
    "recorder": (str,),
    "actor": (str,),
    "command_id": (str,),
    "digest": TEXT,
    "rules": (int,),
    "note": TEXT,
    "imported_from": TEXT,
    "signature": TEXT,
    "stored": (str,),
}
"""The keys of an entry's row, and their types. Stored bytes that are not text stand in base64."""


class Wrong(Exception):
    """A check failed."""


class Missing(Exception):
    """A package that a check needs is not on this machine."""


def check(holds: bool, message: str) -> None:
    """Raise `Wrong` with the message, unless the condition holds."""
    if not holds:
        raise Wrong(message)


# ── leaves and trees (RFC 6962) ──────────────────────────────────────────────────────────────


UUID = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def length(value: str | bytes | None) -> int:
    """Return the length of a value: of text in characters, of bytes in bytes, of nothing -1."""
    return -1 if value is None else len(value)


def id_bytes(text: str) -> bytes:
    """Return a command's id as it is stored: a UUID as 16 bytes, another text filled up to 17 bytes."""
    if text.startswith("\n"):
        return bytes.fromhex(text[1:])
    if UUID.fullmatch(text):
        return bytes.fromhex(text.replace("-", ""))
    return text.encode().ljust(17, b"\n") if text else b""


def moment_of(row: dict[str, Any]) -> int:
    """Return when the row was recorded, in microseconds since 1970."""
    recorded: str | int = row["recorded_at"]
    if isinstance(recorded, int):
        return recorded
    return (datetime.fromisoformat(recorded) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def unhexed(text: str | None) -> bytes | None:
    """Return the bytes for hexadecimal digits."""
    return None if text is None else bytes.fromhex(text)


def leaf_of_entry(entry: dict[str, Any]) -> bytes:
    """Return the bytes of an entry's leaf: a tag, twelve numbers, the texts, the bytes, and the moment.

    The numbers are the version, the rule set and the lengths.
    """
    texts = [entry[name] for name in ("stream", "topic", "recorder", "actor", "note", "imported_from")]
    data = [id_bytes(entry["command_id"]), unhexed(entry["digest"]), unhexed(entry["signature"])]
    data.append(stored_bytes(entry))
    numbers = [entry["version"], entry["rules"], *map(length, texts), *map(length, data)]
    parts = [struct.pack(">12q", *numbers), "".join(text or "" for text in texts).encode()]
    parts += [part or b"" for part in data]
    return b"grantbook entry v2\n" + b"".join(parts) + struct.pack(">q", moment_of(entry))


def stored_bytes(entry: dict[str, Any]) -> bytes:
    """Return the stored bytes of an entry. Those that are not text stand in base64."""
    if "stored_base64" in entry:
        return base64.b64decode(entry["stored_base64"], validate=True)
    stored: str = entry["stored"]
    return stored.encode()


def leaf_of_refusal(refusal: dict[str, Any]) -> bytes:
    """Return the bytes of a refusal's leaf: a tag, thirteen numbers, the texts, and the bytes.

    The numbers are the moment, the position and the lengths.
    """
    names = "command stream on actor recorder refusal rule message request".split()
    texts, data = (
        [refusal[name] for name in names],
        [id_bytes(refusal["command_id"]), unhexed(refusal["digest"])],
    )
    numbers = [moment_of(refusal), refusal["position"], *map(length, data), *map(length, texts)]
    parts = [struct.pack(">13q", *numbers), "".join(text or "" for text in texts).encode()]
    return b"grantbook refusal v2\n" + b"".join([*parts, *(part or b"" for part in data)])


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf's bytes."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of the node above two subtrees."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def roots(leaves: list[bytes], sizes: set[int]) -> dict[int, bytes]:
    """Return, for each of the sizes, the root of the tree of the first leaves."""
    peaks: list[tuple[int, bytes]] = []  # complete subtrees from left to right, with their sizes
    by_size = {}
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
            by_size[count] = root
    return by_size


def root_from(leaf: bytes, index: int, size: int, proof: list[bytes]) -> bytes:
    """Return the root to which an inclusion proof leads (RFC 6962, section 2.1.1). Raises `Wrong`."""
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
    """Return the lines of a note's text. Raises `Wrong` if none of the keys has signed it."""
    text, _, signatures = note.rpartition("\n\n")
    for line in signatures.removesuffix("\n").split("\n"):
        mark, name, encoded = line.split(" ")
        check(mark == "—", "it is not a signed note")
        signature = base64.b64decode(encoded)
        for key in keys:
            key_name, key_id, public = key.split("+", 2)
            if name != key_name or signature[:4].hex() != key_id:
                continue
            raw = base64.b64decode(public)
            check(
                hashlib.sha256(name.encode() + b"\n" + raw).hexdigest()[:8] == key_id, "the key is malformed"
            )
            check_signature(raw[1:], signature[4:], (text + "\n").encode())
            return text.split("\n")
    raise Wrong("it is not signed with the key")


def check_signature(key: bytes, signature: bytes, data: bytes) -> None:
    """Check an Ed25519 signature. Raises `Wrong`, or `Missing` without the package ``cryptography``."""
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
    """A signed checkpoint. Raises `Wrong` if none of the keys has signed it."""

    def __init__(self, file_name: str, note: str, keys: list[str]) -> None:
        try:
            self.origin, size, root, refusals = signed(note, keys)
            word, count, refusals_root = refusals.split(" ")
            check(word == "refusals", "its fourth line is not about refusals")
            self.sizes = int(size), int(count)
            self.roots = base64.b64decode(root), base64.b64decode(refusals_root)
        except (ValueError, Wrong) as error:
            raise Wrong(f"checkpoint {file_name}: {error}") from None
        self.file_name = file_name


# ── the package ──────────────────────────────────────────────────────────────────────────────


def parsed(text: str) -> Any:
    """Return the value of a JSON text. Raises ``ValueError`` if a key stands twice or a number is ``NaN``."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(fields := dict(pairs)) != len(pairs):
            raise ValueError("a key stands twice")
        return fields

    def refuse(number: str) -> Any:
        raise ValueError(f"{number} is no number")

    return json.loads(text, object_pairs_hook=unique, parse_constant=refuse)


def rows(file: Path, types: dict[str, tuple[type, ...]]) -> Iterator[dict[str, Any]]:
    """Yield the rows of a file: one JSON object a line, of exactly these keys and types. Raises `Wrong`."""
    with file.open(encoding="utf-8", newline="\n") as lines:
        for number, line in enumerate(lines, 1):
            try:
                row = parsed(line)
                expected = dict(types)
                if "stored_base64" in row and "stored" in expected:
                    expected["stored_base64"] = expected.pop("stored")
                check(line.endswith("\n") and type(row) is dict, "it is not one object on one line")
                check(row.keys() == expected.keys(), f"its keys are {', '.join(map(repr, row))}")
                for key, value in row.items():
                    check(type(value) in expected[key], f"{key} is {value!r}")
            except (ValueError, Wrong) as error:
                raise Wrong(f"{file.name} line {number}: {error}") from None
            yield row


def entries_of(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the entries in the package, in the order of recording."""
    return rows(folder / "entries.jsonl", ENTRY)


def leaves_in(file: Path) -> list[bytes]:
    """Return the hashes of all leaves, which stand one a line in hexadecimal."""
    text = file.read_bytes().decode("ascii")
    check(re.fullmatch("([0-9a-f]{64}\n)*", text) is not None, f"{file.name}: a line is no hash")
    return [bytes.fromhex(line) for line in text.split()]


def check_rows(file: Path, types: Any, leaves: list[bytes], leaf_of: Any, name_of: Any) -> int:
    """Check that each row has the hash of the leaf in its place. Return the number of rows."""
    count, before = 0, -1
    for row in rows(file, types):
        index = row["index"]
        check(before < index < len(leaves), f"{name_of(row)}: its place {index} is out of order")
        check(
            leaf_hash(leaf_of(row)) == leaves[index],
            f"{name_of(row)}: it is not what was sealed at place {index}",
        )
        count, before = count + 1, index
    return count


MANIFEST = "manifest"
QUARANTINES = "fund:quarantine"


def quarantined_rows(folder: Path) -> dict[int, str]:
    """Return the indexes of the quarantined rows, each with who quarantined it, when and why."""
    reasons = {}
    for entry in entries_of(folder):
        if entry["stream"] == QUARANTINES and entry["topic"].startswith("RowQuarantined."):
            act = parsed(entry["stored"])
            for position in (act["position"], *act.get("also", ())):
                reasons[position - 1] = f"quarantined by {act['actor']}, {act['on']}: {act['reason']}"
    return {index: reason for index, reason in reasons.items() if index >= 0}


def quarantined_refusals(folder: Path) -> Iterator[str]:
    """Yield a line for each quarantined answer: who quarantined it, when and why."""
    for entry in entries_of(folder):
        if entry["stream"] == QUARANTINES and entry["topic"].startswith("AnswerQuarantined."):
            act = parsed(entry["stored"])
            by = f"quarantined by {act['actor']}, {act['on']}: {act['reason']}"
            yield f"not lawful: answer {act['answer']}, to the command {act['answered']}, is {by}\n"


def check_order(folder: Path, aside: dict[int, str]) -> None:
    """Check that versions go up by one in each stream, and that moments grow.

    Quarantined rows are not checked, and keep their versions.
    """
    versions: dict[str, int] = {}
    taken = {(entry["stream"], entry["version"]) for entry in entries_of(folder) if entry["index"] in aside}
    moment = 0
    for entry in entries_of(folder):
        if entry["index"] in aside:
            continue
        name, recorded = entry_name(entry), moment_of(entry)
        expected = versions.get(entry["stream"], 0) + 1
        while (entry["stream"], expected) in taken:
            expected += 1
        check(entry["version"] == expected, f"{name}: a version before it is missing")
        check(recorded > moment, f"{name}: it was not recorded after the entry before it")
        versions[entry["stream"]], moment = entry["version"], recorded


def check_commands(folder: Path, aside: dict[int, str]) -> None:
    """Check that the first entry of each command has a digest, and that those that follow have none."""
    command = ""
    for entry in entries_of(folder):
        if entry["index"] in aside:
            command = ""
            continue
        follows = entry["command_id"] == command
        check(follows == (entry["digest"] is None), f"{entry_name(entry)}: its digest is not in its place")
        command = entry["command_id"]


def check_refusals(folder: Path) -> None:
    """Check that refusals are in order, and that each has the digest of the command that it keeps."""
    moment = position = 0
    for refusal in rows(folder / "refusals.jsonl", REFUSAL):
        name, request = refusal_name(refusal), refusal["request"]
        in_order = moment_of(refusal) > moment and refusal["position"] >= position
        check(in_order, f"{name}: it was not given after the one before it")
        moment, position = moment_of(refusal), refusal["position"]
        digest = hashlib.sha256((refusal["command"] + (request or "")).encode()).hexdigest()
        check(request is None or digest == refusal["digest"], f"{name}: it keeps another command")


def entry_name(entry: dict[str, Any]) -> str:
    """Return the entry's name: its stream and version."""
    return f"{entry['stream']}@{entry['version']}"


def refusal_name(refusal: dict[str, Any]) -> str:
    """Return the refusal's name: the id of its command."""
    return f"refusal of {refusal['command_id']}"


def plain(path: Path) -> Path:
    """Return the path of a plain file. Raises `Wrong` if it is not one: to read a pipe would never end."""
    check(path.is_file(), f"{path.name}: it is not there, or no plain file")
    return path


def check_manifest(folder: Path, keys: list[str], *, unsigned: bool) -> set[str]:
    """Check that the files are those of the manifest, all unchanged. Return the lines of its head."""
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
    present = set()
    for file in folder.rglob("*"):
        name = file.relative_to(folder).as_posix()
        check(not file.is_symlink(), f"{name}: it is a link")
        check(file.is_dir() or file.is_file(), f"{name}: it is neither a file nor a folder")
        if file.is_dir():
            check(
                any(path.startswith(f"{name}/") for path in listed), f"{name}: the manifest does not list it"
            )
        elif name != MANIFEST:
            present.add(name)
    for name in sorted(listed.keys() ^ present):
        check(name in listed, f"{name}: the manifest does not list it")
        check(name in present, f"{name}: it is not there")
    for name, digest in listed.items():
        actual = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        check(actual == digest, f"{name}: it is not the file that the manifest lists")
    return set(lines[1:head])


def check_documents(folder: Path, aside: dict[int, str]) -> int:
    """Check that each document that an entry names is there under its SHA-256. Return their number."""
    for entry in entries_of(folder):
        if entry["topic"].startswith("DocumentAttached.") and entry["index"] not in aside:
            digest = parsed(entry["stored"])["sha256"]
            path = folder / "documents" / str(digest)
            check(path.is_file(), f"{entry_name(entry)}: its document {digest} is not there")
            actual = hashlib.sha256(path.read_bytes()).hexdigest()
            check(actual == digest, f"documents/{digest}: it is another document")
    return len(list((folder / "documents").glob("*")))


def check_proofs(folder: Path, keys: list[str]) -> int:
    """Check that each stream's newest entry has a proof, and no other entry. Return the number of proofs."""
    newest: dict[str, dict[str, Any]] = {}
    for entry in entries_of(folder):
        newer = newest.get(entry["stream"])
        if newer is None or entry["version"] > newer["version"]:
            newest[entry["stream"]] = entry
    expected = {
        f"{quote(entry['stream'], safe='')}@{entry['version']}.tlog-proof": entry for entry in newest.values()
    }
    present = {path.name for path in (folder / "proofs").glob("*")}
    for name in sorted(expected.keys() ^ present):
        check(name in expected, f"proofs/{name}: it is of no stream's newest entry")
        check(name in present, f"proofs/{name}: it is not there")
    for name, entry in expected.items():
        check(
            check_proof(folder / "proofs" / name, keys)[0] == leaf_of_entry(entry),
            f"proofs/{name}: it is of another entry",
        )
    return len(expected)


def check_proof(path: Path, keys: list[str]) -> tuple[bytes, Checkpoint]:
    """Check an inclusion proof (C2SP tlog-proof). Return the leaf that it carries, and its checkpoint."""
    head, _, note = path.read_bytes().decode().partition("\n\n")
    first, extra, index, *hashes = head.split("\n")
    check(first == "c2sp.org/tlog-proof@v1", f"{path.name}: it is not a proof")
    check(
        extra.startswith("extra ") and index.startswith("index "),
        f"{path.name}: its leaf or index is missing",
    )
    data, checkpoint = base64.b64decode(extra[6:]), Checkpoint(path.name, note, keys)
    proof = [base64.b64decode(sibling) for sibling in hashes]
    root = root_from(leaf_hash(data), int(index[6:]), checkpoint.sizes[0], proof)
    check(root == checkpoint.roots[0], f"{path.name}: it does not lead to the checkpoint's root")
    return data, checkpoint


def leaf_in_words(data: bytes) -> str:
    """Return the name, topic, moment, officers, event and note of an entry's leaf."""
    start = len(b"grantbook entry v2\n")
    version, _, *lengths = struct.unpack_from(">12q", data, start)
    sizes = [max(size, 0) for size in lengths]
    texts, end = data[start + 12 * 8 : len(data) - 8 - sum(sizes[6:])].decode(), 0
    words = [texts[end : (end := end + size)] for size in sizes[:6]]
    stream, topic, recorder, actor, note, _ = words
    stored = data[len(data) - 8 - sizes[-1] : -8].decode(errors="backslashreplace")
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=struct.unpack(">q", data[-8:])[0])
    by = f"recorded {moment.isoformat()} by {recorder}, act of {actor}:"
    return f"{stream}@{version} {topic} {by} {stored}{f', note: {note}' if note else ''}"


def check_package(folder: Path, keys: list[str], kept: list[Path], *, part: bool, unsigned: bool) -> str:
    """Check the whole package. Return a summary. Raises `Wrong`.

    ``kept``: checkpoints that the auditor kept. ``part``: the package has only some streams.
    """
    head = check_manifest(folder, keys, unsigned=unsigned)
    paths = sorted((folder / "checkpoints").glob("*.note"))
    check(bool(paths), "there is no checkpoint in the package")
    checkpoints = [Checkpoint(path.name, path.read_bytes().decode(), keys) for path in [*paths, *kept]]
    leaves = leaves_in(folder / "entries.leaves"), leaves_in(folder / "refusals.leaves")
    check_trees(checkpoints, leaves)
    newest = checkpoints[len(paths) - 1]
    for line in (newest.origin, f"checkpoint {paths[-1].name}", "part" if part else "whole"):
        problem = (
            "it is a part: say --part, if that was agreed" if "part" in head else f"it says nothing of {line}"
        )
        check(line in head, f"the manifest: {problem}")
    check(tuple(map(len, leaves)) == newest.sizes, "there are leaves that no checkpoint covers")
    entries = check_rows(folder / "entries.jsonl", ENTRY, leaves[0], leaf_of_entry, entry_name)
    refusals = check_rows(folder / "refusals.jsonl", REFUSAL, leaves[1], leaf_of_refusal, refusal_name)
    aside = quarantined_rows(folder)
    check_order(folder, aside)
    check_refusals(folder)
    documents = check_documents(folder, aside) if "documents" in head else 0
    counts = f"{entries} of {newest.sizes[0]} entries and {refusals} of {newest.sizes[1]} refusals"
    if not part:
        check((entries, refusals) == newest.sizes, f"{counts} are here")
        check_commands(folder, aside)
    proofs = check_proofs(folder, keys)
    unlawful = [
        f"not lawful, and counts in nothing: {entry_name(entry)} is {aside[entry['index']]}\n"
        for entry in entries_of(folder)
        if entry["index"] in aside
    ]
    return "".join([*unlawful, *quarantined_refusals(folder)]) + (
        f"{newest.origin}: {counts} are as they were sealed;"
        f" {len(checkpoints)} checkpoints, {proofs} proofs and {documents} documents hold"
    )


def check_trees(checkpoints: list[Checkpoint], leaves: tuple[list[bytes], list[bytes]]) -> None:
    """Check that the leaves of entries and refusals have the roots of all checkpoints, and of one book."""
    for tree, rows_name in enumerate(("entries", "refusals")):
        by_size = roots(leaves[tree], {checkpoint.sizes[tree] for checkpoint in checkpoints})
        for checkpoint in checkpoints:
            name, size = f"checkpoint {checkpoint.file_name}", checkpoint.sizes[tree]
            check(checkpoint.origin == checkpoints[0].origin, f"{name}: it is of another book")
            check(size <= len(leaves[tree]), f"{name}: {rows_name} that it covers are missing")
            check(by_size[size] == checkpoint.roots[tree], f"{name}: the {rows_name} are others")
    first = leaves[0][0].hex() if leaves[0] else ""
    check(checkpoints[0].origin == f"grantbook/{first[:32]}", "the origin is not that of the first entry")


def main() -> tuple[int, str]:
    """Check what the command line names. Return the exit code and the text to print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).parent)
    parser.add_argument("--key", action="append", help="the fund's public key, as you were given it")
    parser.add_argument(
        "--checkpoint", action="append", type=Path, default=[], help="a checkpoint that you kept"
    )
    parser.add_argument(
        "--part", action="store_true", help="accept a package of only some streams, as agreed"
    )
    parser.add_argument(
        "--unsigned",
        action="store_true",
        help="accept an unsigned manifest: the key was not there when the package was made",
    )
    parser.add_argument("--proof", type=Path, help="check this proof alone")
    arguments = parser.parse_args()
    try:
        keys = arguments.key or plain(arguments.folder / "keys").read_text("ascii").split()
        if arguments.proof:
            result = leaf_in_words(check_proof(arguments.proof, keys)[0])
        else:
            result = check_package(
                arguments.folder,
                keys,
                arguments.checkpoint,
                part=arguments.part,
                unsigned=arguments.unsigned,
            )
    except Missing as missing:
        return 2, str(missing)
    except Wrong as wrong:
        return 4, f"does not hold: {wrong}"
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, struct.error) as error:
        return 4, f"does not hold: the package is not whole: {type(error).__name__}: {error}"
    except RecursionError:
        return 4, "does not hold: something in it is nested too deep"
    if not arguments.key:
        result += (
            "\nThe key was taken from the package itself: compare it with the one that you were given:\n"
        )
        result += "\n".join(keys)
    return 0, result


def run() -> int:
    """Check, and print the result. Return the exit code, which is right even if printing fails."""
    code, text = main()
    out = sys.stderr if code else sys.stdout
    try:
        print(text, file=out, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())
        print(f"the result could not be printed: {error.strerror}", file=sys.stderr)  # noqa: T201
        return code or 2
    return code


if __name__ == "__main__":
    sys.exit(run())
