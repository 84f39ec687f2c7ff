"""``[publisher]``: who publishes, read from ``book.toml`` or from another file."""

from pathlib import Path

import pytest

from lifecycle.book.book import Book
from lifecycle.kernel.errors import Unreachable
from lifecycle.parse import Malformed
from projections.publication.publisher import publisher_of

WHOLE = """
[publisher]
identifier = "XM-DAC-47045"
name = "The Facility"
type = "40"
giving_prefix = "360G-southsouth"
[publisher.organisations]
DK = "XM-DAC-3"
"Ministry of Livestock" = "TZ-GOV-99"
[publisher.sectors]
agriculture = "31110"
"""


def problems(book: Book, file: Path) -> list[str]:
    with pytest.raises(Malformed) as error:
        publisher_of(book, file)
    return [text for _, text in error.value.problems]


def test_a_publisher_is_read(hostile: Book, tmp_path: Path) -> None:
    file = tmp_path / "who.toml"
    file.write_text(WHOLE)
    publisher = publisher_of(hostile, file)
    assert (publisher.identifier, publisher.type, publisher.language) == ("XM-DAC-47045", "40", "en")
    assert publisher.organisations["DK"] == "XM-DAC-3"
    assert publisher.sectors == {"agriculture": "31110"}


def test_without_a_publisher_the_error_says_what_to_write(hostile: Book) -> None:
    with pytest.raises(Malformed, match=r"book.toml.*\[publisher\] identifier = .* name = .* type = "):
        publisher_of(hostile)


def test_each_fault_has_a_line_of_its_own(hostile: Book, tmp_path: Path) -> None:
    file = tmp_path / "who.toml"
    file.write_text(
        '[publisher]\nidentifier = "none"\ntype = "4"\nnmae = "x"\nlanguage = 3\ngiving_prefix = "g"\n'
        'organisations = "DK"\n[publisher.sectors]\nagriculture = "farm"\n'
    )
    found = problems(hostile, file)
    assert all(line.startswith(f"{file}: [publisher] ") for line in found)
    begins = sorted(line.removeprefix(f"{file}: [publisher] ").partition(":")[0] for line in found)
    assert begins == [
        "giving_prefix",
        "identifier",
        "language",
        "name",
        "nmae",
        "organisations",
        "sectors.agriculture",
        "type",
    ]


@pytest.mark.parametrize(
    ("text", "word"),
    [("publisher = 3", "is no table"), ("x = 1", "nobody is named"), ("", "nobody is named")],
)
def test_a_file_without_the_table_is_named(hostile: Book, tmp_path: Path, text: str, word: str) -> None:
    file = tmp_path / "who.toml"
    file.write_text(text)
    (problem,) = problems(hostile, file)
    assert word in problem
    assert "who.toml" in problem


def test_a_file_that_cannot_be_read_is_named(hostile: Book, tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match=r"absent\.toml cannot be read"):
        publisher_of(hostile, tmp_path / "absent.toml")
    (tmp_path / "bad.toml").write_text("[publisher")
    with pytest.raises(Unreachable, match=r"bad\.toml cannot be read"):
        publisher_of(hostile, tmp_path / "bad.toml")
