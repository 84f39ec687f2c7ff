"""Numbers with their nouns."""

import pytest

from cli.output.terminal_text import counted


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 entries"), (1, "1 entry"), (2, "2 entries"), (25_151, "25,151 entries")]
)
def test_one_entry_is_in_the_singular(number: int, words: str) -> None:
    assert counted(number, "entry", "entries") == words


def test_most_nouns_take_an_s() -> None:
    assert [counted(number, "problem") for number in (1, 3)] == ["1 problem", "3 problems"]
