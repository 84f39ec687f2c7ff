"""The demo is recorded once, shows its figures each time, and never writes into another folder."""

import pytest

from support.cli_shell import Shell


@pytest.mark.slow
def test_the_demo_shows_the_published_totals_each_time(shell: Shell) -> None:
    first = shell("demo")
    assert first.code == 0, first.err
    for text in (
        "10,316,087.00",
        "9,516,087.00",
        "Hydropower Development",
        "Air route development in Madagascar",
        "Disbursement by window",
        "Obligations overdue on 2012-06-30",
        "illustrative",
        "The call of November 2018",
        "2018-11  250,000.00        52  1,250,000.00        10        42         20",
        "total                               15     16     5      0      8     18",
        "What was published beside what the book gives",
        "S4 publishes no such figure",
        "New Delhi       Asia/Kolkata         2011-06-29T08:30",
        "India built competitive",
        "Who could teach Kenya",
        "What to type next:",
        "GRANTBOOK_BOOK=demo-book",
    ):
        assert text in first.out
    figures = str(shell.folder / "demo-book" / "reports" / "published_figures.csv")
    rows = shell("--book", "demo-book", "--json", "report", "published", figures).rows
    assert (rows[1]["figure"], rows[1]["computed"]) == ("Countries", "65")
    page = (shell.folder / "demo-book" / "reports" / "progress-2018.html").read_text("utf-8")
    assert "Approved in 2018" in page
    assert "250,000.00 USD" in page
    before = shell("--book", "demo-book", "--json", "views", "status").row
    again = shell("demo")
    assert again.code == 0
    assert again.out == first.out
    assert shell("--book", "demo-book", "--json", "views", "status").row == before


@pytest.mark.both_stores
def test_the_demo_leaves_other_folders_alone(gb: Shell) -> None:
    (gb.folder / "mine").mkdir()
    assert gb("demo", "mine").code == 2
    assert gb("demo", gb.book).code == 2
    assert list((gb.folder / "mine").iterdir()) == []
