"""The page of a replay in Chromium: by keyboard, without a script, on a phone, in the dark, on paper."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.browser import Browser, browser, path_of_browser
from support.cli_shell import Shell, with_corrections
from support.pages import hostile_life
from support.replay_pages import ReplayPage

pytestmark = pytest.mark.skipif(path_of_browser() is None, reason="this machine has no Chromium")

SHOWN = """(name) => [...document.getElementById(name).children]
  .filter((row) => !row.hidden && row.className !== 'was')
  .map((row) => [...row.children].slice(0, 2).map((part) => part.textContent.trim()))"""
"""The first two texts of the rows that are shown, without the values from before the last move."""
COUNT = "(name) => [...document.getElementById(name).children].filter((row) => !row.hidden).length"
TEXTS = "(rows, cell) => [...document.querySelectorAll(rows)].map((row) => row.cells[cell].textContent)"
OTHER_SCRIPT = """(() => {
  const other = document.createElement("script");
  other.textContent = "window.ran = 1";
  document.body.append(other);
  return window.ran === undefined;
})()"""


@pytest.fixture(scope="module")
def page() -> Iterator[Browser]:
    with browser() as started:
        started.resize(1200, 900)
        yield started


def written(shell: Shell, *options: str) -> tuple[ReplayPage, str]:
    """Write the page of the grant, and return it with its address."""
    path = shell.folder / "replay.html"
    assert shell("audit", "replay", "G-1", "--output", str(path), *options).code == 0
    return ReplayPage(path.read_text("utf-8")), path.as_uri()


def said(page: Browser) -> str:
    text: str = page.run("document.getElementById('said').textContent")
    return text


def test_the_sliders_show_each_state_by_keyboard(lived: Shell, page: Browser) -> None:
    # given a page at its last day and time
    expected, address = written(with_corrections(lived))
    page.open(address)
    on, known = len(expected.days) - 1, len(expected.known) - 1
    focused = "document.activeElement.id"
    page.press("Tab", times=2)
    assert page.run(focused) == "on"
    # when both sliders are moved by keys alone, then what is shown is the state of that cell
    for key, times, slider in (
        ("ArrowLeft", 6, "on"),
        ("ArrowLeft", 4, "known"),
        ("Home", 1, "on"),
        ("ArrowRight", 5, "on"),
        ("Home", 1, "known"),
        ("End", 1, "on"),
        ("End", 1, "known"),
    ):
        page.run(f"document.getElementById('{slider}').focus()")
        page.press(key, times=times)
        on, known = page.run("['on', 'known'].map((id) => Number(document.getElementById(id).value))")
        assert dict(page.run(f"({SHOWN})('fields')")) == expected.fields(on, known)
        assert page.run("document.getElementById('on').ariaValueText") == expected.days[on]
        assert page.run(f"({COUNT})('entries')") == len(expected.entries(known))
    assert page.complaints == []
    assert {request for request in page.requests if request != address} == set()


def test_what_changed_since_the_last_position_is_marked(lived: Shell, page: Browser) -> None:
    expected, address = written(lived, "--on", "2017-02-10")
    on = expected.days.index("2017-02-10")
    page.open(address)
    assert said(page) == ""
    page.run("document.getElementById('on').focus()")
    page.press("ArrowLeft")
    before, now = expected.fields(on, -1), expected.fields(on - 1, -1)
    changed = {name for name in {**before, **now} if before.get(name) != now.get(name)}
    marked = page.run(f"({TEXTS})('#fields .changed, #fields .was', 0)")
    assert set(marked) == changed
    assert "stage" in changed
    assert all(name in said(page) for name in changed)
    assert "approved" in page.run(f"({TEXTS})('#fields .was', 1)")


def test_an_entry_leads_to_the_state_after_it(lived: Shell, page: Browser) -> None:
    expected, address = written(lived)
    page.open(address)
    page.run("document.querySelectorAll('#entries button')[2].focus()")
    page.press("Enter")
    assert page.run("document.getElementById('on-text').textContent") == "2017-02-10"
    assert page.run("document.querySelector('#sums dl:not([hidden]) dd').textContent") == "approved"
    assert f"(position {expected.known[2]:,})" in page.run(
        "document.getElementById('known-text').textContent"
    )


def test_without_a_script_the_entries_and_the_state_are_there(lived: Shell, page: Browser) -> None:
    expected, address = written(with_corrections(lived))
    page.open(address, scripts=False)
    # The page is read by a script of the test's own, which may run.
    page.command("Emulation.setScriptExecutionDisabled", value=False)
    assert page.run("document.getElementById('sliders').hidden") is True
    assert page.run(f"({COUNT})('entries')") == 14
    assert [" ".join(row) for row in page.run(f"({SHOWN})('fields')")] == expected.visible("fields")


def test_texts_that_try_to_be_markup_are_shown_as_they_are(gb: Shell, page: Browser) -> None:
    assert gb("record", gb.file(hostile_life())).code == 0
    _, address = written(gb)
    page.open(address)
    title = "[...document.querySelectorAll('#fields tr')].find((row) => row.cells[0].textContent === 'title')"
    assert page.run(f"{title}.cells[1].textContent").startswith("<script>alert(1)</script> & ]]>")
    assert page.run("document.scripts.length") == 2
    assert page.run("document.querySelectorAll('main b, main i, main script').length") == page.run(
        "document.querySelectorAll('.bars b, .bars i, .entries li > p:first-child > b').length"
    )
    assert page.complaints == []


def test_the_policy_lets_no_other_script_run_and_loads_nothing(lived: Shell, page: Browser) -> None:
    _, address = written(lived)
    page.open(address)
    assert page.run(OTHER_SCRIPT) is True
    assert page.run("fetch('http://127.0.0.1:9/').then(() => 'loaded', () => 'refused')") == "refused"
    assert any("Content Security Policy" in complaint for complaint in page.complaints)
    page.complaints.clear()
    page.requests.clear()


@pytest.mark.parametrize("is_dark", [False, True])
def test_a_phone_shows_the_page_without_scrolling_sideways(
    lived: Shell, page: Browser, is_dark: bool, tmp_path: Path
) -> None:
    _, address = written(lived)
    page.media(dark=is_dark)
    page.resize(375, 700, phone=True)
    page.open(address)
    assert page.run("document.documentElement.scrollWidth") == 375
    background = page.run("getComputedStyle(document.body).backgroundColor")
    assert background == ("rgb(20, 25, 29)" if is_dark else "rgb(255, 255, 255)")
    page.media()
    page.resize(1200, 900)


def test_paper_has_the_state_and_no_sliders(lived: Shell, page: Browser) -> None:
    _, address = written(lived)
    page.open(address)
    page.media("print")
    assert page.run("getComputedStyle(document.getElementById('sliders')).display") == "none"
    assert page.run("getComputedStyle(document.getElementById('where')).display") != "none"
    assert page.pdf().startswith(b"%PDF")
    page.media()
