"""The demo: recorded once, told again at will, and never into somebody's own folder."""

import pytest

from cli_shell import Shell


@pytest.mark.slow
def test_the_demo_tells_the_published_totals_twice(shell: Shell) -> None:
    first = shell("demo")
    assert first.code == 0, first.err
    for words in (
        "10,316,087.00",
        "9,516,087.00",
        "Hydropower Development",
        "Air route development in Madagascar",
        "Disbursement by window",
        "Obligations overdue on 2012-06-30",
        "illustrative",
        "What to type next:",
        "GRANTBOOK_BOOK=demo-book",
    ):
        assert words in first.out
    before = shell("--book", "demo-book", "--json", "views", "status").row
    again = shell("demo")
    assert again.code == 0
    assert again.out == first.out
    assert shell("--book", "demo-book", "--json", "views", "status").row == before


def test_the_demo_leaves_other_folders_alone(gb: Shell) -> None:
    (gb.folder / "mine").mkdir()
    assert gb("demo", "mine").code == 2
    assert gb("demo", str(gb.book)).code == 2
    assert list((gb.folder / "mine").iterdir()) == []
