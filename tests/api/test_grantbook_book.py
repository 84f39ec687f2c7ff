import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

import grantbook
from grantbook import commands, events
from support.cli_shell import Shell, on_grant

PAID = on_grant("RequestPayment", "2017-09-01", "leader", payment="P2", payee="A", category="travel")


def test_a_grant_is_read_as_of_a_day_and_as_known(book: grantbook.Book) -> None:
    assert book.grants() == ["G-1"]
    assert str(book.grant("G-1").refunded) == "2000.00"
    assert book.grant("G-1", on="2017-05-08").disbursed == 0
    assert book.grant("G-1", on=date(2017, 5, 9)).disbursed == 60000
    last = book.history("G-1")[-1].entry.position
    assert last is not None
    assert book.grant("G-1", known=last - 1).refunded == 0


def test_an_unknown_grant_is_a_lookup_error(book: grantbook.Book) -> None:
    with pytest.raises(LookupError, match=r"the book knows no grant 'G-2'; did you mean G-1\?"):
        book.grant("G-2")
    with pytest.raises(LookupError, match="there was no grant 'G-1' on 2016-01-01"):
        book.grant("G-1", on="2016-01-01")
    with pytest.raises(LookupError, match="at that time"):
        book.history("G-1", known=3)
    with pytest.raises(ValueError, match="write a day as YYYY-MM-DD"):
        book.grant("G-1", on="soon")
    for known in ("2017-01-01T12:00:00", "tomorrow", ""):
        with pytest.raises(ValueError, match=r"known: .* is not a moment with its time zone"):
            book.grant("G-1", known=known)


def test_the_day_of_a_report_is_a_day_a_text_or_a_moment(book: grantbook.Book) -> None:
    moment = datetime(2017, 12, 31, 18, 30, tzinfo=UTC)
    days: tuple[Any, ...] = ("2017-12-31", date(2017, 12, 31), moment)
    first, *others = [book.report("timeline", as_of=day).dicts() for day in days]
    assert others == [first, first]
    not_a_day: Any = 5
    with pytest.raises(ValueError, match="write a day as YYYY-MM-DD"):
        book.report("timeline", as_of=not_a_day)


def test_a_history_is_the_same_as_in_the_shell(lived: Shell) -> None:
    with grantbook.open(lived.place) as book:
        for name in ("G-1", "fund"):
            rows = lived("audit", "history", name, "--json").rows
            paragraphs = book.history(name)
            assert [paragraph.sentence for paragraph in paragraphs] == [row["sentence"] for row in rows]
            assert [paragraph.entry.name for paragraph in paragraphs] == [row["entry"] for row in rows]
        assert len(book.history("G-1", on="2017-02-09")) == 2
        paid = [
            paragraph
            for paragraph in book.history("G-1")
            if isinstance(paragraph.entry.event, events.FundsDisbursed)
        ]
        assert [paragraph.entry.note for paragraph in paid] == ["by wire"]


@pytest.mark.both_stores
def test_what_is_recorded_is_in_the_views_and_sealed(book: grantbook.Book, lived: Shell) -> None:
    answer = book.record(commands.RequestPayment.read(_fields(PAID) | {"amount": "100.00 USD"}))
    assert (answer.outcome, answer.entries) == ("accepted", ("grant:G-1@10",))
    status = lived("views", "status", "--json").row
    assert status["behind"] == status["unsealed_entries"] == status["unsealed_refusals"] == 0
    assert lived("audit", "verify").code == 0


def test_the_shell_and_the_api_give_the_same_receipt(book: grantbook.Book, lived: Shell) -> None:
    line = {**PAID, "amount": "100.00 USD", "command_id": "p2"}
    answer = book.record(line)
    again = lived("record", lived.file([line]), "--as", "admin", "--json").row
    assert again["outcome"] == "repeat"
    assert (again["command_id"], again["entries"]) == (answer.command_id, list(answer.entries))
    assert book.record(line).outcome == "repeat"


def test_a_refusal_is_raised_kept_and_sealed(book: grantbook.Book, lived: Shell) -> None:
    with pytest.raises(grantbook.Refused, match=r"^ExceedsUndisbursedBalance: ") as refused:
        book.record({**PAID, "amount": "50000.00 USD", "command_id": "too-much"})
    assert refused.value.receipt.refusal == "ExceedsUndisbursedBalance"
    (kept,) = lived("audit", "refusals", "--json").rows
    assert (kept["command_id"], kept["message"]) == ("too-much", refused.value.receipt.message)
    assert lived("views", "status", "--json").row["unsealed_refusals"] == 0


def test_today_and_the_officer_are_filled_in_as_the_shell_does(book: grantbook.Book) -> None:
    answer = book.record(
        {"command": "PledgeContribution", "partner": "DK", "amount": "1.00 USD", "actor": "cash"}
    )
    entry = book.history("fund")[-1].entry
    assert (entry.name, entry.recorder) == (answer.entries[0], "admin")
    assert entry.on == entry.recorded_at.date()


def test_a_malformed_or_conflicting_command_raises_and_records_nothing(book: grantbook.Book) -> None:
    before = book.report("fund").known
    with pytest.raises(grantbook.Malformed, match="is missing: which command"):
        book.record({"grant": "G-1"})
    with pytest.raises(grantbook.VersionConflict):
        book.record({**PAID, "amount": "1.00 USD", "expect_version": 3})
    assert book.report("fund").known == before
    with pytest.raises(grantbook.Malformed, match="recorder"):
        grantbook.open("anywhere", officer="no officer!")
    with pytest.raises(grantbook.BookError):
        grantbook.open("nowhere")


def test_a_book_opened_without_an_officer_is_read_only(lived: Shell) -> None:
    with (
        grantbook.open(lived.place) as book,
        pytest.raises(ValueError, match="Open the book with officer="),
    ):
        book.record({**PAID, "amount": "1.00 USD"})


def test_personal_data_in_a_note_give_a_warning(book: grantbook.Book) -> None:
    with pytest.warns(UserWarning, match="note seems to hold an e-mail address"):
        book.record({**PAID, "amount": "1.00 USD", "note": "ask ann@example.org"})


@pytest.mark.of_a_file("views.sqlite")
def test_a_failure_after_recording_is_a_warning(book: grantbook.Book, lived: Shell) -> None:
    lived.lose_views()
    (lived.path / "views.sqlite").mkdir()
    with pytest.warns(grantbook.Unfinished, match="grantbook views update does it"):
        assert book.record({**PAID, "amount": "1.00 USD"}).outcome == "accepted"


def test_every_event_and_command_is_exported() -> None:
    from lifecycle.call.call import EVENTS as OF_CALLS
    from lifecycle.fund.events import EVENTS as OF_THE_FUND
    from lifecycle.grant.events import EVENTS as OF_GRANTS
    from lifecycle.parse import every_command

    exported = {getattr(events, name) for name in events.__all__}
    assert exported >= {*OF_CALLS, *OF_THE_FUND, *OF_GRANTS}
    for command in every_command():
        assert getattr(commands, command.__name__) is command
        assert command.EVENT in {*exported, *(getattr(commands, name) for name in commands.__all__)}


def test_the_package_is_typed_and_exports_what_it_says() -> None:
    assert (Path(grantbook.__file__).parent / "py.typed").exists()
    assert all(hasattr(grantbook, name) for name in grantbook.__all__)
    with pytest.raises(AttributeError):
        grantbook.nothing  # noqa: B018


def _fields(line: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in json.loads(json.dumps(line)).items() if name != "command"}
