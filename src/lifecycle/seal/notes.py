"""Signed notes and checkpoints, in the forms of C2SP (signed-note, tlog-checkpoint, tlog-proof).

A checkpoint gives the number of entries in the log and the root of their tree. One more line gives the same
of the book's refusals, which form a second tree.
"""

import binascii
import re
from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from lifecycle.journal.atomic_files import keep
from lifecycle.kernel.errors import Altered, Unreachable
from lifecycle.seal.merkle import SIZE

_ED25519 = b"\x01"
_PRIVATE = "PRIVATE+KEY+"
_REFUSALS = "refusals"
_PROOF = "c2sp.org/tlog-proof@v1"
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f]")


class NotSigned(Altered):
    """A note is malformed, or no known key has signed it."""


def _key_id(name: str, public: bytes) -> bytes:
    return sha256(name.encode() + b"\n" + _ED25519 + public).digest()[:4]


def _b64(data: bytes) -> str:
    return b64encode(data).decode()


def _unb64(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise NotSigned(f"{text[:40]!r} is not base64") from None


class PublicKey(NamedTuple):
    """A signer: a name and an Ed25519 key."""

    name: str
    key: bytes

    def __str__(self) -> str:
        """Return the key as C2SP writes it: ``name+id+key``."""
        return f"{self.name}+{_key_id(self.name, self.key).hex()}+{_b64(_ED25519 + self.key)}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the key in a line of the form ``name+id+key``. Raises `NotSigned` if it has another form."""
        name, _, id_and_key = text.strip().partition("+")
        key_id, _, encoded = id_and_key.partition("+")
        data = _unb64(encoded)
        key = cls(name, data[1:])
        if not name or data[:1] != _ED25519 or len(key.key) != SIZE or key_id != str(key).split("+")[1]:
            raise NotSigned(f"{text.strip()[:80]!r} is not a key of the form name+id+key")
        return key

    def has_signed(self, text: str, signature: bytes) -> bool:
        """Return whether the key has made this signature of the text."""
        try:
            Ed25519PublicKey.from_public_bytes(self.key).verify(signature, text.encode())
        except InvalidSignature:
            return False
        return True


class Signer:
    """The book's own key."""

    def __init__(self, name: str, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public = PublicKey(name, private.public_key().public_bytes_raw())

    @classmethod
    def make(cls, name: str, path: Path) -> Self:
        """Make a key in a file that only those who may write to its folder can read. Raises `Unreachable`."""
        signer = cls(name, Ed25519PrivateKey.generate())
        key_id = _key_id(name, signer.public.key).hex()
        line = f"{_PRIVATE}{name}+{key_id}+{_b64(_ED25519 + signer._private.private_bytes_raw())}\n"
        try:
            keep(path, line, mode=0o600, new=True)
        except OSError as error:
            raise Unreachable(f"{path}: the key could not be kept: {error.strerror}") from error
        return signer

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the key in the file. Raises `Unreachable` if it cannot be read or is not a key."""
        try:
            text = path.read_text("ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise Unreachable(f"{path}: the key cannot be read: {reason}") from error
        try:
            name, _, encoded = text.removeprefix(_PRIVATE).split("+", 2)
            data = _unb64(encoded)
            if not text.startswith(_PRIVATE) or data[:1] != _ED25519:
                raise NotSigned("another form")
            return cls(name, Ed25519PrivateKey.from_private_bytes(data[1:]))
        except (NotSigned, ValueError) as error:
            raise Unreachable(f"{path} holds no key of this program: restore it from a backup") from error

    def sign(self, text: str) -> str:
        """Return the text as a signed note."""
        return f"{text}\n{self.line(text)}"

    def line(self, text: str) -> str:
        """Return the line that adds this key's signature to a note of the text."""
        name, key = self.public
        return f"— {name} {_b64(_key_id(name, key) + self._private.sign(text.encode()))}\n"


class Checkpoint(NamedTuple):
    """The sizes of a log's two trees, and their roots at those sizes."""

    origin: str
    """The name of the log."""
    size: int
    """The number of entries."""
    root: bytes
    refusals: int
    """The number of refusals."""
    refusals_root: bytes

    def __str__(self) -> str:
        """Return the text that is signed."""
        return (
            f"{self.origin}\n{self.size}\n{_b64(self.root)}\n"
            f"{_REFUSALS} {self.refusals} {_b64(self.refusals_root)}\n"
        )

    @property
    def sizes(self) -> tuple[int, int]:
        """The numbers of entries and refusals."""
        return self.size, self.refusals

    @property
    def file_name(self) -> str:
        """The name of its file. Names of later checkpoints sort after it."""
        return f"{self.size:010}-{self.refusals:010}.note"


def checkpoint_in(note: str, keys: Iterable[PublicKey]) -> Checkpoint:
    """Return the checkpoint in a note that one of the keys has signed. Raises `NotSigned`."""
    return _parse_checkpoint(text_and_signers(note, keys)[0])


def text_and_signers(note: str, keys: Iterable[PublicKey]) -> tuple[str, list[PublicKey]]:
    """Return the text of a note and those of the keys that have signed it. Raises `NotSigned` if none has."""
    text, empty_line, signatures = note.rpartition("\n\n")
    if not empty_line or not signatures.endswith("\n") or _CONTROL.search(note):
        raise NotSigned("it is not a signed note")
    text += "\n"
    keys = list(keys)
    signers = [key for line in signatures[:-1].split("\n") for key in _signers(text, line, keys)]
    if not signers:
        names = ", ".join(str(key) for key in keys) or "no key at all"
        raise NotSigned(f"it was not signed with {names}, or was altered after it was signed")
    return text, signers


def _signers(text: str, line: str, keys: Sequence[PublicKey]) -> list[PublicKey]:
    """Return those of the keys that made the signature on the line: none if a witness made it."""
    mark, _, name_and_signature = line.partition(" ")
    name, _, encoded = name_and_signature.partition(" ")
    if mark != "—" or not encoded:
        raise NotSigned(f"{line[:60]!r} is not a signature line")
    data = _unb64(encoded)
    candidates = [key for key in keys if key.name == name and data[:4] == _key_id(name, key.key)]
    if not all(key.has_signed(text, data[4:]) for key in candidates):
        raise NotSigned("it was altered after it was signed: the signature is not under this text")
    return candidates


def _parse_checkpoint(text: str) -> Checkpoint:
    try:
        origin, size, root, extension = text.removesuffix("\n").split("\n")
        word, refusals, refusals_root = extension.split(" ")
        checkpoint = Checkpoint(origin, int(size), _unb64(root), int(refusals), _unb64(refusals_root))
    except ValueError:
        raise NotSigned("it is not a checkpoint of a book") from None
    if word != _REFUSALS or str(checkpoint) != text or min(checkpoint.size, checkpoint.refusals) < 0:
        raise NotSigned("it is not a checkpoint of a book")
    return checkpoint


def proof_text(index: int, proof: Sequence[bytes], note: str, data: bytes) -> str:
    """Return an inclusion proof with the leaf's bytes, so that the public key is enough to check it."""
    return "\n".join([_PROOF, f"extra {_b64(data)}", f"index {index}", *map(_b64, proof), "", note])
