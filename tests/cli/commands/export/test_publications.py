"""``grantbook export beancount``, ``ocel`` and others, as people type them."""

import json
from pathlib import Path

import pytest

from support.cli_shell import Shell

PUBLISHER = '[publisher]\nidentifier = "XM-DAC-47045"\nname = "A fund"\ntype = "40"\n'
FILES = {"beancount": "out.beancount", "ocel": "out.json"}
"""The forms that are one file, and need no publisher."""


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


@pytest.fixture
def publishing(lived: Shell) -> Shell:
    """Return a shell with a lived book that says who publishes it."""
    settings = lived.path / "book.toml"
    settings.write_text(f"{settings.read_text()}\n{PUBLISHER}")
    return lived


@pytest.mark.of_a_file("book.toml says who publishes")
def test_iati_is_a_folder_with_three_files_and_the_publisher_of_the_book(publishing: Shell) -> None:
    result = publishing("export", "iati", "out", "--as-of", "2017-12-31")
    assert result.code == 0, result.err
    assert result.out.startswith("wrote out: 1 activities, as of 2017-12-31, ")
    folder = publishing.folder / "out"
    assert sorted(file.name for file in folder.iterdir()) == [
        "activities.xml",
        "fund.xml",
        "organisations.xml",
    ]
    assert "<iati-identifier>XM-DAC-47045-G-1</iati-identifier>" in (folder / "activities.xml").read_text()
    assert publishing("audit", "verify").code == 0


@pytest.mark.of_a_file("book.toml says who publishes")
def test_iati_without_a_publisher_writes_nothing_and_says_what_to_write(lived: Shell) -> None:
    result = lived("export", "iati", "out")
    assert result.code == 2
    assert "nobody is named as the publisher: write it into book.toml" in result.err
    assert not (lived.folder / "out").exists()


@pytest.mark.both_stores
def test_the_publisher_may_be_in_a_file_of_its_own(lived: Shell) -> None:
    (lived.folder / "who.toml").write_text(PUBLISHER)
    result = lived("export", "iati", "out", "--publisher", "who.toml")
    assert result.code == 0, result.err


@pytest.mark.of_a_file("book.toml says who publishes")
def test_a_folder_is_replaced_only_if_told_and_if_it_holds_nothing_else(publishing: Shell) -> None:
    assert publishing("export", "iati", "out", "--as-of", "2017-05-01").code == 0
    before = (publishing.folder / "out" / "activities.xml").read_bytes()
    refused = publishing("export", "iati", "out")
    assert (refused.code, "out is there already" in refused.err) == (2, True)
    assert publishing("export", "iati", "out", "--overwrite").code == 0
    after = (publishing.folder / "out" / "activities.xml").read_bytes()
    assert after != before
    (publishing.folder / "out" / "thesis.txt").write_text("mine")
    refused = publishing("export", "iati", "out", "--overwrite", "--as-of", "2017-05-01")
    assert (refused.code, "holds thesis.txt, which is not of such an export" in refused.err) == (2, True)
    assert (publishing.folder / "out" / "activities.xml").read_bytes() == after
    assert [file.name for file in publishing.folder.iterdir() if file.name.startswith(".")] == []


@pytest.mark.of_a_file("book.toml says who publishes")
def test_360giving_is_one_file(publishing: Shell) -> None:
    refused = publishing("export", "360giving", "out.json")
    assert (refused.code, "write giving_prefix" in refused.err) == (2, True)
    with (publishing.path / "book.toml").open("a") as settings:
        settings.write('giving_prefix = "360G-fund"\n')
    result = publishing("export", "360giving", "out.json", "--as-of", "2017-12-31")
    assert result.code == 0, result.err
    assert result.out.startswith("wrote out.json: 1 grants, as of 2017-12-31, ")
    (grant,) = json.loads((publishing.folder / "out.json").read_text())["grants"]
    assert (grant["id"], grant["amountDisbursed"]) == ("360G-fund-G-1", 58000)


@pytest.mark.both_stores
def test_a_data_package_holds_every_report(lived: Shell) -> None:
    result = lived("export", "datapackage", "out", "--as-of", "2017-12-31")
    assert result.code == 0, result.err
    described = json.loads((lived.folder / "out" / "datapackage.json").read_text())
    paths = sorted(resource["path"] for resource in described["resources"])
    assert paths == sorted(file.name for file in (lived.folder / "out").glob("*.csv"))
    assert "as of 2017-12-31, as known at " in described["description"]
    payments = (lived.folder / "out" / "payments.csv").read_text().splitlines()
    assert payments[1].startswith("G-1,P1,travel,Travel agent,")


@pytest.mark.of_a_file("book.toml says who publishes")
def test_a_pipeline_has_the_proposals_too(publishing: Shell) -> None:
    dates = ("--as-of", "2017-01-15", "--json")
    assert publishing("export", "iati", "out", *dates).row["activities"] == 0
    assert sorted(file.name for file in (publishing.folder / "out").iterdir()) == [
        "fund.xml",
        "organisations.xml",
    ]
    assert publishing("export", "iati", "more", "--pipeline", *dates).row["activities"] == 1


@pytest.mark.parametrize("words", [("beancount", "out"), ("ocel", "out"), ("datapackage", "out")])
def test_before_anything_was_recorded_there_is_nothing_to_export(
    lived: Shell, words: tuple[str, str]
) -> None:
    result = lived("export", *words, "--known", "2000-01-01")
    assert result.code == 2
    assert "--known: nothing was recorded by then" in result.err
    assert not (lived.folder / "out").exists()


@pytest.mark.of_a_file("book.toml says who publishes")
def test_before_the_first_grant_every_form_is_still_whole(publishing: Shell) -> None:
    for words in (("beancount", "a"), ("ocel", "b"), ("iati", "c"), ("datapackage", "d")):
        result = publishing("export", *words, "--as-of", "2001-01-01")
        assert result.code == 0, result.err
    assert json.loads((publishing.folder / "b").read_text())["events"] == []


@pytest.mark.of_a_file("book.toml says who publishes")
@pytest.mark.parametrize("form", ["iati", "datapackage"])
def test_the_same_two_dates_give_the_same_folder(publishing: Shell, form: str) -> None:
    position = str(publishing("views", "status", "--json").row["journal"])
    for name in ("first", "second"):
        result = publishing("export", form, name, "--as-of", "2017-12-31", "--known", position)
        assert result.code == 0, result.err
    first, second = (
        {file.name: file.read_bytes() for file in (publishing.folder / name).iterdir()}
        for name in ("first", "second")
    )
    assert first == second
