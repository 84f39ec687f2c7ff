"""``grantbook export beancount``, ``ocel`` and others, as people type them."""

import json
from pathlib import Path

import pytest

from support.cli_shell import Shell

FILES = {"beancount": "out.beancount", "ocel": "out.json"}


@pytest.mark.parametrize("form", FILES)
def test_a_publication_says_what_it_holds_and_as_of_which_dates(lived: Shell, form: str) -> None:
    result = lived("export", form, FILES[form], "--as-of", "2017-12-31", "--known", "20")
    assert result.code == 0, result.err
    assert result.out.startswith(f"wrote {FILES[form]}: ")
    assert "as of 2017-12-31, as known at " in result.out
    row = lived("export", form, "again", "--as-of", "2017-12-31", "--known", "20", "--json").row
    assert (row["output"], row["as_of"], row["known"]) == ("again", "2017-12-31", 20)


@pytest.mark.parametrize("form", FILES)
def test_the_same_two_dates_give_the_same_bytes(lived: Shell, form: str) -> None:
    dates = ("--as-of", "2017-12-31", "--known", str(lived("views", "status", "--json").row["journal"]))
    assert lived("export", form, "first", *dates).code == 0
    note = {"command": "RecordRefund", "grant": "G-1", "on": "2017-08-02", "actor": "cash", "payment": "P1"}
    recorded = lived("record", lived.file([{**note, "amount": "1.00 USD"}], "later.jsonl"))
    assert recorded.code == 0, recorded.out
    assert lived("export", form, "second", *dates).code == 0
    assert lived("export", form, "third", "--as-of", "2017-12-31").code == 0
    first, second, third = (Path(lived.folder / name).read_bytes() for name in ("first", "second", "third"))
    assert first == second != third


@pytest.mark.parametrize("form", FILES)
def test_nothing_is_replaced_unless_told(lived: Shell, form: str) -> None:
    (lived.folder / "mine").write_text("mine")
    refused = lived("export", form, "mine")
    assert refused.code == 2
    assert "mine is there already: name another, or add --overwrite to replace it" in refused.err
    assert (lived.folder / "mine").read_text() == "mine"
    assert lived("export", form, "mine", "--overwrite").code == 0
    assert (lived.folder / "mine").read_text() != "mine"


@pytest.mark.both_stores
def test_a_book_in_either_store_is_published_alike(lived: Shell) -> None:
    assert lived("export", "beancount", "out", "--as-of", "2017-12-31").code == 0
    ledger = (lived.folder / "out").read_text()
    assert "2018-01-01 balance Expenses:Grants:G-1  58000.00 USD" in ledger
    assert "2018-01-01 balance Assets:Pools:General  942000.00 USD" in ledger
    assert lived("export", "ocel", "out.json").code == 0
    types = [event["type"] for event in json.loads((lived.folder / "out.json").read_text())["events"]]
    assert types[-2:] == ["FundsDisbursed", "RefundReceived"]


def test_an_export_that_fails_leaves_what_was_there(lived: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    (lived.folder / "mine").write_text("mine")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("projections.publication.ledger._of_grant", fail)
    failed = lived("export", "beancount", "mine", "--overwrite")
    assert failed.code != 0
    assert "No space left on device" in failed.err
    assert [file.name for file in lived.folder.iterdir() if "mine" in file.name] == ["mine"]
    assert (lived.folder / "mine").read_text() == "mine"


def test_a_day_of_another_form_is_named(lived: Shell) -> None:
    result = lived("export", "ocel", "out", "--as-of", "31.12.2017")
    assert result.code == 2
    assert "YYYY-MM-DD" in result.err
    assert not (lived.folder / "out").exists()
