"""``grantbook serve`` as a process: who may reach it, how it ends, and what a reader does in a browser."""

import gc
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from urllib.parse import urlsplit

import click
import pytest

from cli.web.serve import _hosts, _listening, _require_loopback
from support.browser import browser, path_of_browser
from support.cli_shell import PROGRAM, Shell, on_grant


@contextmanager
def serving(shell: Shell) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start the program on a free port, and yield its process and its address."""
    words = ["--book", shell.book, "serve", "--port", "0"]
    started = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *words], stdout=subprocess.PIPE, text=True, env=shell.env()
    )
    try:
        assert started.stdout is not None
        line = started.stdout.readline()
        assert "at http://127.0.0.1:" in line
        yield started, line.split(" at ")[1].split(" ")[0]
    finally:
        started.kill()
        started.communicate()


def test_it_answers_and_ends_after_the_last_answer(lived: Shell) -> None:
    with serving(lived) as (process, address):
        connection = HTTPConnection(str(urlsplit(address).netloc), timeout=30)
        connection.request("HEAD", "/grants/G-1")
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, b"")
        assert answer.getheader("server") is None
        connection.request("GET", "/")
        process.send_signal(signal.SIGTERM)
        assert b"At a glance" in connection.getresponse().read()
        assert process.wait(30) == 0


def test_no_part_of_an_answer_is_held_back() -> None:
    with _listening("127.0.0.1", 0) as listening:
        assert listening.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--host", "192.0.2.1"), "can be reached from other machines"),
        (("--host", "example.org"), "write an address"),
        (("--host", "192.0.2.1", "--behind-proxy", "grants.example"), "cannot be listened on"),
    ],
)
def test_other_machines_reach_it_only_behind_a_proxy(
    lived: Shell, words: tuple[str, ...], message: str
) -> None:
    result = lived("serve", "--port", "0", *words)
    assert (result.code, message in result.err) == (2, True)


@pytest.mark.parametrize(
    "name", ["https://grants.example", "grants.example:8443", "Grants.example", "*", "*.example", ""]
)
def test_the_proxy_is_named_by_its_host_name_alone(name: str) -> None:
    _require_loopback("127.0.0.1", "grants.example")
    with pytest.raises(click.BadParameter, match="write a host name alone"):
        _require_loopback("127.0.0.1", name)


@pytest.mark.parametrize(
    ("host", "behind_proxy", "hosts"),
    [
        ("127.0.0.1", None, {"127.0.0.1", "localhost", "[::1]"}),
        ("::1", None, {"127.0.0.1", "localhost", "[::1]"}),
        ("127.0.0.1", "grants.example", {"127.0.0.1", "localhost", "[::1]", "grants.example"}),
        ("0.0.0.0", "grants.example", {"grants.example"}),  # noqa: S104 nothing listens on it
        ("2001:db8::1", "grants.example", {"grants.example"}),
    ],
)
def test_on_another_address_only_the_name_of_the_proxy_is_answered(
    host: str, behind_proxy: str | None, hosts: set[str]
) -> None:
    assert set(_hosts(host, behind_proxy)) == hosts


def test_the_collector_works_while_pages_are_served(lived: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given that the program stops the collector when it starts, because most commands end soon."""
    enabled: list[bool] = []
    monkeypatch.setattr("uvicorn.Server.run", lambda *_: enabled.append(gc.isenabled()))
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    gc.disable()
    try:
        assert lived("serve", "--port", "0").code == 0
    finally:
        gc.enable()
        for number, handler in handlers.items():
            signal.signal(number, handler)
    assert enabled == [True]


@pytest.mark.skipif(path_of_browser() is None, reason="this machine has no Chromium")
def test_a_reader_finds_a_grant_and_moves_through_its_life(lived: Shell) -> None:
    with serving(lived) as (_, address), browser() as page:
        page.resize(375, 700, phone=True)
        page.open(address)
        page.run("document.querySelector('nav a[href=\"/reports/register\"]').click()")
        page.wait_for("document.querySelector('h1').textContent === 'Register'")
        # by keyboard alone: a word, Enter, and the first link of the table
        page.run("document.querySelector('input[name=q]').focus()")
        page.command("Input.insertText", text="dairy")
        page.press("Enter")
        page.wait_for("location.search.includes('q=dairy')")
        assert page.run("document.querySelectorAll('tbody tr').length") == 1
        page.run("document.querySelector('tbody a').focus()")
        page.press("Enter")
        page.wait_for("document.querySelector('h1').textContent.startsWith('G-1')")
        assert page.run("document.documentElement.scrollWidth") == 375
        # an entry that is recorded meanwhile is announced, and the page stays as it is
        assert page.run("document.getElementById('newer').hidden") is True
        cost = on_grant("RecordCost", "2017-09-01", "leader", purpose="preparation", amount="1.00 USD")
        assert lived("record", lived.file([cost])).code == 0
        page.run("dispatchEvent(new Event('focus'))")
        page.wait_for("!document.getElementById('newer').hidden")
        page.run("document.querySelector('a[href$=\"/replay\"]').click()")
        page.wait_for(
            "document.getElementById('said') !== null && !document.getElementById('sliders').hidden"
        )
        page.run("document.getElementById('on').focus()")
        page.press("Home")
        assert page.run("document.querySelector('#sums dl:not([hidden]) dd').textContent") == "proposed"
        # once more from the browser's cache, with the policy that it kept
        page.open(page.run("location.href"))
        assert page.run("getComputedStyle(document.body).marginTop") == "0px"
        assert page.complaints == []
        assert [request for request in page.requests if not request.startswith(address)] == []
