"""Checksums of JSON objects: the last member is the CRC-32 of the rest.

They detect damage by disks, which rarely return another bit than was written; SQLite does not notice it. They
do not protect against people: anybody who alters an object can write the sum that fits. Seals do.
"""

from zlib import crc32

SUM = "crc32"
_LENGTH = len(b',"crc32":"00000000"}')


def summed(about: bytes, data: bytes) -> bytes:
    """Return the object with its sum, which also covers ``about``: the names of the object's row."""
    return data[:-1] + _sum(about, data[:-1])


def is_sound(about: bytes, data: bytes) -> bool:
    """Return whether an object with a sum is as it was written, in the row that ``about`` names."""
    return data[-_LENGTH:] == _sum(about, data[:-_LENGTH])


def _sum(about: bytes, rest: bytes) -> bytes:
    return b',"crc32":"%08x"}' % crc32(rest, crc32(about))
