"""Signed notes: the published example, and notes whose signatures are accepted or refused."""

from pathlib import Path

import pytest

from lifecycle.kernel.errors import Unreachable
from lifecycle.seal.notes import Checkpoint, NotSigned, PublicKey, Signer, checkpoint_in, text_and_signers

PETER = PublicKey.parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
SAYING = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
)
SIGNED = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="

CHECKPOINT = Checkpoint("grantbook/ab", 3, bytes(range(32)), 2, bytes(32))


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    return Signer.make("grantbook/ab", tmp_path / "seal.key")


def test_the_signature_of_the_published_example_is_accepted() -> None:
    """The example is in the documentation of Go's package ``note``."""
    import base64

    signature = base64.b64decode(SIGNED)
    assert signature[:4].hex() == "c74f20a3"
    assert PETER.has_signed(SAYING, signature[4:])
    assert not PETER.has_signed(SAYING + " ", signature[4:])
    assert str(PETER).startswith("PeterNeumann+c74f20a3+")


def test_the_signed_checkpoint_is_read_back(signer: Signer) -> None:
    note = signer.sign(str(CHECKPOINT))
    assert checkpoint_in(note, [PETER, signer.public]) == CHECKPOINT
    assert note.startswith("grantbook/ab\n3\nAAECAwQ")
    assert "\n\n— grantbook/ab " in note


def test_signatures_of_unknown_witnesses_are_ignored(signer: Signer) -> None:
    note = signer.sign(str(CHECKPOINT)) + "— witness.example jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn=\n"
    assert checkpoint_in(note, [signer.public]) == CHECKPOINT


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\n3\n", "\n4\n"),
        ("\n3\n", "\n03\n"),
        ("AAECAwQ", "BAECAwQ"),
        ("refusals 2", "refusals 1"),
        ("refusals", "Refusals"),
        ("grantbook/ab\n", "grantbook/ac\n"),
        ("\n\n", "\n"),
        ("\n\n", "\nextra\n\n"),
        ("— ", "- "),
        ("— grantbook/ab ", "— grantbook/ab  "),
    ],
)
def test_an_altered_note_is_refused(signer: Signer, old: str, new: str) -> None:
    note = signer.sign(str(CHECKPOINT))
    assert old in note
    with pytest.raises(NotSigned):
        checkpoint_in(note.replace(old, new, 1), [signer.public])


def test_a_signature_of_another_key_is_refused(signer: Signer, tmp_path: Path) -> None:
    other_signer = Signer.make("grantbook/ab", tmp_path / "other.key")
    with pytest.raises(NotSigned, match="not signed with"):
        checkpoint_in(other_signer.sign(str(CHECKPOINT)), [signer.public])
    with pytest.raises(NotSigned):
        checkpoint_in(other_signer.sign(str(CHECKPOINT)), [])


@pytest.mark.parametrize(
    "text",
    ["a\n1\n\n", "a\n-1\nAA==\nrefusals 1 AA==\n", "a\n01\nAA==\nrefusals 1 AA==\n", "a\nb\nc\nd\n", "\n"],
)
def test_a_signed_note_of_something_else_is_no_checkpoint(signer: Signer, text: str) -> None:
    with pytest.raises(NotSigned):
        checkpoint_in(signer.sign(text), [signer.public])


@pytest.mark.parametrize("mark", ["\t", "\r", "\x1b", "\0"])
def test_a_note_with_a_control_character_is_refused(signer: Signer, mark: str) -> None:
    with pytest.raises(NotSigned, match="not a signed note"):
        text_and_signers(signer.sign(f"a{mark}b\n"), [signer.public])


@pytest.mark.parametrize(
    "text",
    ["", "a", "a+b", "a+c74f20a3+AR", "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"],
)
def test_a_text_that_is_no_public_key_is_refused(text: str) -> None:
    with pytest.raises(NotSigned):
        PublicKey.parse(text)


def test_only_its_owner_may_read_the_private_key(tmp_path: Path) -> None:
    for number in range(20):  # often enough for a + in the base64
        path = tmp_path / f"{number}.key"
        made = Signer.make("grantbook/ab", path)
        assert path.stat().st_mode & 0o777 == 0o600
        assert Signer.read(path).public == made.public
        assert PublicKey.parse(str(made.public)) == made.public
    with pytest.raises(Unreachable, match="could not be kept"):
        Signer.make("grantbook/ab", path)


@pytest.mark.parametrize("text", ["", "PRIVATE+KEY+a+b+AA==", "PRIVATE+KEY+a", "KEY+a+b+AQ==", "\xff"])
def test_a_file_that_is_no_key_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "seal.key"
    path.write_text(text, "latin-1")
    with pytest.raises(Unreachable, match="key"):
        Signer.read(path)
