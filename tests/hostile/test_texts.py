"""Texts of the corpus as titles of grants: refused, or kept and shown without harm."""

import csv
import io
import json
from pathlib import Path

import html5lib
import pytest

from support.cli_shell import Shell, on_grant

TEXTS = json.loads((Path(__file__).parent / "texts.json").read_text("utf-8"))
SHOWS = (
    ("audit", "history", "G-1"),
    ("audit", "replay", "G-1"),
    ("grant", "show", "G-1"),
    ("report", "register"),
    ("library", "search", "dairy"),
)


def test_each_text_is_refused_or_shown_without_harm(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    wrong = [(name, fault) for name, case in TEXTS.items() for fault in faults_of(shell, name, **case)]
    assert wrong == []


def faults_of(shell: Shell, name: str, text: str, expected: str) -> list[str]:
    grant = f"T-{name}"
    line = on_grant("ProposeGrant", "2017-01-10", "leader", window="stand_alone", recipients=["TZ"])
    line |= {"providers": ["IN"], "sector": "dairy", "amount": "10.00 USD", "months": 12}
    result = shell("record", shell.file([{**line, "grant": grant, "title": text, "objective": "dairy"}]))
    if expected == "refused":
        return [] if result.code == 2 and is_harmless(result.out + result.err) else [f"recorded: {result}"]
    if result.code != 0:
        return [result.out]
    results = [shell(*words[:2], grant, *words[3:]) if "G-1" in words else shell(*words) for words in SHOWS]
    faults = [
        f"printed raw by {words}"
        for words, shown_by in zip(SHOWS, results, strict=True)
        if not is_harmless(shown_by.out)
    ]
    faults += [
        f"{words} failed: {shown_by}" for words, shown_by in zip(SHOWS, results, strict=True) if shown_by.code
    ]
    faults += (
        [] if json.loads(shell("audit", "history", grant, "--json").out.splitlines()[0]) else ["no JSON"]
    )
    return faults + _in_csv(shell, grant, text, expected) + _in_html(shell, text)


def is_harmless(output: str) -> bool:
    """Return whether the output has no control character and none that changes the direction of writing."""
    return not any(char in "\u061c\u200e\u200f\u2028\u2029\ufeff" or is_control(char) for char in output)


def is_control(char: str) -> bool:
    code = ord(char)
    return (
        (code < 32 and char != "\n")
        or 0x7F <= code < 0xA0
        or 0x202A <= code < 0x202F
        or 0x2066 <= code < 0x206A
    )


def _in_csv(shell: Shell, grant: str, text: str, expected: str) -> list[str]:
    rows = csv.DictReader(io.StringIO(shell("report", "register", "--format", "csv").out))
    (title,) = [row["title"] for row in rows if row["grant"] == grant]
    wanted = f"'{text}" if expected == "csv" else text
    return [] if title == wanted else [f"in CSV: {title}"]


def _in_html(shell: Shell, text: str) -> list[str]:
    page = shell("report", "register", "--format", "html").out
    tree = html5lib.HTMLParser(strict=True).parse(page)
    tags = {str(element.tag).rpartition("}")[2] for element in tree.iter()}
    return [f"in HTML: {tags & {'script', 'img', 'b'}}"] if tags & {"script", "img"} else []
