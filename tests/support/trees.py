"""The hash tree as RFC 6962 defines it, written in the plainest way."""

from hashlib import sha256


def defined(leaves: list[bytes]) -> bytes:
    """Return MTH of section 2.1."""
    if not leaves:
        return sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return sha256(b"\x01" + defined(leaves[:half]) + defined(leaves[half:])).digest()
