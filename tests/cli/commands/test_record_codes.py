"""A command's codes must be valid on its day. Stored codes are read although a later list has lost them."""

from collections.abc import Iterator
from typing import Any

import pytest

from lifecycle.book.book import Book
from lifecycle.fund.events import InstalmentReceived
from lifecycle.parse import Malformed, command_from
from lifecycle.rejudge.walk import judged
from lifecycle.types import codes, money, time_zones
from support.cli_shell import Shell, on_grant

READING_COMMANDS = [
    ("audit", "seal"),
    ("audit", "verify"),
    ("audit", "history", "G-1"),
    ("audit", "history", "fund"),
    ("audit", "replay", "G-1", "--on", "2026-01-01"),
    ("audit", "replay", "fund", "--on", "2026-01-01"),
    ("audit", "entries"),
    ("grant", "show", "G-1"),
    ("grant", "list"),
    ("activity", "sites", "G-1", "A1"),
    *(
        ("report", name)
        for name in (
            "fund",
            "countries",
            "exchanges",
            "value",
            "disbursement",
            "register",
            "timeline",
            "glance",
        )
    ),
    ("report", "countries", "--by", "region"),
    ("report", "disbursement", "--by", "partner"),
    ("report", "progress", "--year", "2018"),
]


def planned(activity: str, **fields: object) -> dict[str, Any]:
    """Return the command that plans a video conference of TZ and BR on 1 June 2017."""
    countries, day = ["TZ", "BR"], "2017-06-01"
    common = {"instrument": "video_conference", "countries": countries, "starts": day, "ends": day}
    return on_grant("PlanActivity", "2017-05-01", "leader", activity=activity, **common, **fields)


WITH_CODES = [
    {"command": "JoinPartner", "on": "2009-01-01", "actor": "desk", "partner": "GH", "name": "Ghana"}
    | {"kind": "emerging"},
    {"command": "ReceiveInstalment", "on": "2016-01-03", "actor": "cash", "partner": "GH"}
    | {"amount": "1000.00 GHS", "holding_amount": "250.00 USD"},
    planned(
        "A1",
        starts_at="2017-06-01T12:00Z",
        sites=[
            {"site": "Dar", "time_zone": "Africa/Dar_es_Salaam"},
            {"site": "Home", "time_zone": "localtime"},
        ],
    ),
    planned("A2"),
    on_grant(
        "HoldActivity",
        "2017-06-01",
        "leader",
        activity="A2",
        host="BR",
        starts="2017-06-01",
        ends="2017-06-01",
    ),
    on_grant("RecordCoFinancing", "2017-06-02", "leader", kind="cash", source="Ghana", amount="40.00 GHS"),
]


def correction(gb: Shell, **reads: str) -> dict[str, Any]:
    """Return the command that corrects the receipt of Ghana's money."""
    with Book.open(gb.place, read_only=True) as book:
        versions = {
            entry.event.partner: entry.originator_version
            for entry in book.entries("fund")
            if isinstance(entry.event, InstalmentReceived)
        }
    command = {"command": "CorrectEntry", "on": "2018-01-01", "actor": "boss", "entry": versions["GH"]}
    return {**command, "reason": "misread", "reads": reads}


@pytest.fixture
def lists(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Yield a monkeypatch for the lists of codes, and undo its changes after the test."""
    yield monkeypatch
    monkeypatch.undo()
    _clear_caches()


def _clear_caches() -> None:
    money._amount_written.cache_clear()
    time_zones.zone_of.cache_clear()


def with_old_codes(gb: Shell, lists: pytest.MonkeyPatch) -> None:
    """Record codes while they are valid, then remove them from the lists."""
    with pytest.MonkeyPatch.context() as earlier:
        earlier.setattr(codes, "time_zones", lambda: {"Africa/Dar_es_Salaam", "localtime"})
        assert gb("record", gb.file(WITH_CODES)).code == 0
        corrected = correction(gb, amount="1200.00 GHS", holding_amount="300.00 USD")
        result = gb("record", gb.file([corrected]))
        assert result.code == 0, result.out
    lists.delitem(codes.CURRENCIES, "GHS")
    lists.delitem(codes.MINOR_UNITS, "GHS")
    for code in ("TZ", "BR"):
        lists.delitem(codes.COUNTRIES, code)
    _clear_caches()


@pytest.mark.case("T4")
@pytest.mark.both_stores
def test_a_book_is_read_after_its_codes_have_left_the_lists(lived: Shell, lists: pytest.MonkeyPatch) -> None:
    with_old_codes(lived, lists)
    for words in READING_COMMANDS:
        result = lived("--json", *words)
        assert result.code == 0, (words, result.err)
    with Book.open(lived.place, read_only=True) as book, book.journal.recorder.reading():
        assert judged(book.journal).faults == []
    assert lived("views", "rebuild").code == 0
    for words in READING_COMMANDS:
        assert lived("--json", *words).code == 0, words
    ghana = next(row for row in lived("--json", "report", "fund").rows if row["partner"] == "GH")
    assert (ghana["currency"], ghana["received"], ghana["received_holding"]) == ("GHS", "1200.00", "300.00")


@pytest.mark.case("T4")
def test_a_book_with_old_codes_goes_on_and_new_commands_cannot_use_them(
    lived: Shell, lists: pytest.MonkeyPatch
) -> None:
    with_old_codes(lived, lists)
    day = "2017-06-01"
    held = on_grant("HoldActivity", day, "leader", activity="A1", starts=day, ends=day)
    result = lived("record", lived.file([held, correction(lived, on="2016-01-04")]))
    assert result.code == 0, result.out
    result = lived("record", lived.file([correction(lived, amount="1100.00 GHS")]))
    assert (result.code, "reads.amount: GHS is not an ISO 4217 currency" in result.out) == (2, True), (
        result.out
    )


@pytest.mark.case("T4")
def test_an_unknown_time_zone_is_shown_without_a_local_time(lived: Shell, lists: pytest.MonkeyPatch) -> None:
    with_old_codes(lived, lists)
    dar, home = lived("--json", "activity", "sites", "G-1", "A1").rows
    assert (dar["local_start"], dar["utc_offset"]) == ("2017-06-01T15:00", "+0300")
    assert (home["time_zone"], home["local_start"], home["utc_offset"]) == ("localtime", None, None)
    assert "so no local time: localtime" in lived("activity", "sites", "G-1", "A1").out
    result = lived("activity", "sites", "G-1", "A1", "--format", "ics").out.replace("\r\n ", "")
    assert "Home: local time not known (localtime)" in result


# ── codes of commands must be valid on the command's day ─────────────────────────────────────

RECEIVED = {"command": "ReceiveInstalment", "actor": "cash", "partner": "DK", "holding_amount": "9.00 USD"}


@pytest.mark.case("X2")
@pytest.mark.parametrize(
    ("amount", "on", "message"),
    [
        ("50.00 HRK", "2012-05-01", ""),
        ("50.00 HRK", "2023-01-13", ""),
        ("50.00 HRK", "2023-01-14", ""),
        ("50.00 HRK", "2023-01-15", "amount: HRK was a code until 2023-01-14, and this is of 2023-01-15"),
        ("50.00 XDR", "2012-05-01", ""),
        ("50.005 XDR", "2012-05-01", "amount: XDR has 2 decimals"),
        ("50 BYR", "2016-12-31", ""),
        ("50.5 BYR", "2016-12-31", "amount: BYR has no decimals: 50 BYR or 51 BYR?"),
        ("50.00 ZMW", "2012-12-31", "amount: ZMW is a code from 2013-01-01 on, and this is of 2012-12-31"),
        ("50.00 XAU", "2012-12-31", "amount: XAU is not an ISO 4217 currency"),
    ],
)
def test_a_currency_is_accepted_only_on_its_days(lived: Shell, amount: str, on: str, message: str) -> None:
    result = lived("record", lived.file([{**RECEIVED, "amount": amount, "on": on}]))
    assert result.code == (2 if message else 0), result.out
    assert message in result.out


@pytest.mark.case("X2")
def test_a_corrected_currency_must_be_valid_on_the_corrected_day(lived: Shell) -> None:
    assert lived("record", lived.file([{**RECEIVED, "amount": "50.00 HRK", "on": "2022-05-01"}])).code == 0
    entry = lived("--json", "audit", "history", "fund").rows[-1]["version"]
    corrected = {
        "command": "CorrectEntry",
        "actor": "boss",
        "entry": entry,
        "on": "2025-01-01",
        "reason": "x",
    }
    expired = "HRK was a code until 2023-01-14, and this is of 2023-01-15"
    for reads, message in (
        ({"amount": "60.00 HRK"}, ""),
        ({"amount": "60.00 HRK", "on": "2023-01-14"}, ""),
        ({"on": "2023-01-15"}, f"reads.amount: {expired}"),
        ({"on": "2023-01-15", "amount": "61.00 HRK"}, f"reads.amount: {expired}"),
        ({"on": "2023-01-15", "amount": "8.00 EUR"}, ""),
        ({"amount": "62.00 HRK"}, f"reads.amount: {expired}"),
    ):
        result = lived("record", lived.file([{**corrected, "reads": reads}]))
        assert (result.code, message in result.out) == (2 if message else 0, True), (reads, result.out)


@pytest.mark.case("X2")
@pytest.mark.parametrize(
    ("code", "on", "message"),
    [
        ("XK", "2009-05-01", ""),
        ("AN", "2010-12-15", ""),
        ("AN", "2010-12-16", "recipients.1: AN was a code until 2010-12-15, and this is of 2010-12-16"),
        ("CW", "2010-12-14", "recipients.1: CW is a code from 2010-12-15 on, and this is of 2010-12-14"),
        ("SS", "2011-08-11", ""),
        ("CS", "2009-05-01", "recipients.1: CS is not an ISO 3166-1 alpha-2 country"),
    ],
)
def test_a_country_is_accepted_only_on_its_days(lived: Shell, code: str, on: str, message: str) -> None:
    proposed = {
        "command": "ProposeGrant",
        "grant": "G-2",
        "actor": "leader",
        "title": "T",
        "window": "stand_alone",
        "recipients": ["ZZ", code],
        "providers": ["IN"],
        "sector": "s",
        "objective": "o",
        "amount": "5.00 USD",
        "months": 6,
        "on": on,
    }
    result = lived("record", lived.file([proposed]))
    assert (result.code, message in result.out) == (2 if message else 0, True), result.out


@pytest.mark.case("X2")
def test_a_new_book_needs_a_currency_that_is_valid_on_its_day(shell: Shell) -> None:
    words = ("--name", "F", "--currency", "HRK", "--fiscal-year-start", "7")
    result = shell("init", shell.book, *words, "--on", "2023-01-15")
    assert (result.code, "HRK was a code until 2023-01-14" in result.err) == (2, True), result.err


@pytest.mark.case("T4")
@pytest.mark.parametrize(
    "zone", ["localtime", "posixrules", "Factory", "africa/kampala", "right/UTC", "Mars/Base"]
)
def test_a_command_accepts_only_time_zones_of_the_list(lived: Shell, zone: str) -> None:
    planned = WITH_CODES[2] | {"sites": [{"site": "Dar", "time_zone": zone}]}
    result = lived("record", lived.file([planned]))
    assert (result.code, f"sites.0.time_zone: {zone} is not an IANA" in result.out) == (2, True), result.out


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (
            "country",
            {"command": "RegisterInstitution", "institution": "I", "name": "I", "type": "government"},
        ),
        ("country", {"command": "OfferExperience", "offer": "O", "topic": "Milk", "summary": "more"}),
        ("country", {"command": "VoiceNeed", "need": "N", "challenge": "Milk"}),
        ("preference.countries.0", {"command": "AgreeContribution", "partner": "DK", "amount": "5.00 USD"}),
    ],
)
def test_what_has_a_country_of_its_own_states_it(path: str, words: dict[str, Any]) -> None:
    """ZZ stands for a country that a source does not state: no institution is in it."""
    for code, fits in (("ZZ", False), ("TZ", True)):
        in_preference = {"preference": {"strength": "hard", "countries": [code]}}
        stated = {"country": code} if path == "country" else in_preference
        given = {"on": "2017-01-10", "actor": "s.cretary", **words, **stated}
        if fits:
            command_from(given)
        else:
            with pytest.raises(Malformed, match=f"{path}: ZZ stands for a country that is not stated"):
                command_from(given)
