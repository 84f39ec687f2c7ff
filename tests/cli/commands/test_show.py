"""Lists of payments, calls and documents, and the page of one payment, one call and the fund."""

import csv
import io
import json
from pathlib import Path

import pytest

from support.cli_shell import Shell, on_grant


def test_the_queue_of_payments_is_a_list_by_status(lived: Shell) -> None:
    asked = on_grant(
        *("RequestPayment", "2017-09-01", "leader"),
        payment="P2",
        payee="Hotel",
        category="travel",
        amount="900.00 USD",
    )
    assert lived("record", lived.file([asked])).code == 0
    (row,) = lived("--json", "payment", "list", "--status", "requested").rows
    assert (row["grant"], row["payment"], row["asked"], row["asked_by"]) == ("G-1", "P2", "900.00", "leader")
    table = lived("payment", "list", "--as-of", "2017-12-31").out
    assert "60,000.00" in table
    assert "900.00" in table
    rows = list(csv.DictReader(io.StringIO(lived("payment", "list", "--format", "csv").out)))
    assert [row["payment"] for row in rows] == ["P1", "P2"]
    assert lived("payment", "list", "--status", "unpaid").code == 2


def test_a_payment_has_a_page_for_each_day(lived: Shell) -> None:
    shown = lived("payment", "show", "G-1", "P1", "--as-of", "2017-05-04").out
    assert "as of 2017-05-04, as known at" in shown
    lines = {line.strip().partition("  ")[0]: line.rpartition("  ")[2] for line in shown.splitlines()}
    assert (lines["status"], lines["authorised"]) == ("authorised", "60,000.00")
    assert "paid on" not in lines
    paid = lived("--json", "payment", "show", "G-1", "P1").row
    assert (paid["status"], paid["paid_by"], paid["refunded"]) == ("disbursed", "payer", "2000.00")
    wrong = lived("payment", "show", "G-1", "P11")
    assert (wrong.code, "did you mean P1?" in wrong.err) == (2, True)
    assert "did you mean G-1?" in lived("payment", "show", "G-11", "P1").err
    early = lived("payment", "show", "G-1", "P1", "--on", "2016-01-01")
    assert (early.code, "there was no grant" in early.err) == (2, True)


def test_a_call_has_a_page_with_the_grants_that_answer_it(gb: Shell) -> None:
    opened = {
        "command": "OpenCall",
        "call": "C1",
        "on": "2012-01-02",
        "actor": "desk",
        "title": "Dairy",
        "window": "stand_alone",
        "envelope": "250000.00 USD",
        "criteria": ["need"],
        "closes": "2012-03-31",
    }
    desk = {"command": "AppointOfficer", "on": "2008-10-01", "officer": "desk", "roles": ["secretariat"]}
    leader = {"command": "AppointOfficer", "on": "2008-10-01", "officer": "leader", "roles": ["ttl"]}
    proposed = on_grant(
        *("ProposeGrant", "2012-02-01", "leader"),
        title="Learning about dairy",
        window="stand_alone",
        recipients=["TZ"],
        providers=["IN"],
        sector="agriculture",
        objective="A strategy",
        amount="80000.00 USD",
        months=12,
        call="C1",
    )
    assert gb("record", gb.file([desk, leader, opened, proposed])).code == 0
    assert [row["call"] for row in gb("--json", "call", "list").rows] == ["C1"]
    shown = gb("call", "show", "C1").out
    assert "envelope" in shown
    assert "G-1" in shown
    row = gb("--json", "call", "show", "C1").row
    assert (row["received"], row["requested"], row["grants"]) == (1, "80000.00", ["G-1"])
    assert gb("--json", "call", "show", "C1", "--on", "2012-01-31").row["grants"] == []
    assert "did you mean C1?" in gb("call", "show", "C11").err


def test_the_fund_has_a_page(lived: Shell) -> None:
    row = lived("--json", "fund", "show", "--as-of", "2017-12-31").row
    assert (row["currency"], row["edition"], row["partners"]) == ("USD", "2017-01", ["DK"])
    assert (row["received_holding"], row["committed"], row["available"]) == (
        *("1000000.00", "70000.00", "930000.00"),
    )
    assert row["officers"]["finance"] == 2
    assert "stand_alone" in row["windows"]
    shown = lived("fund", "show").out
    assert shown.startswith("A fund\nas of ")
    assert "930,000.00" in shown


def test_documents_of_grants_and_of_the_fund_are_listed(lived: Shell, tmp_path: Path) -> None:
    for name, words in (("deed.pdf", ("attach-to-fund",)), ("letter.pdf", ("attach", "G-1"))):
        file = tmp_path / name
        file.write_bytes(name.encode())
        assert lived("document", *words, str(file), "--on", "2017-06-01", "--actor", "desk").code == 0
    rows = lived("--json", "document", "list").rows
    assert [(row["grant"], row["name"], row["attached_by"]) for row in rows] == [
        (None, "deed.pdf", "desk"),
        ("G-1", "letter.pdf", "desk"),
    ]
    assert {row["sha256"] for row in rows} == set(lived.documents)
    assert [row["name"] for row in lived("--json", "document", "list", "--grant", "G-1").rows] == [
        "letter.pdf"
    ]
    assert lived("--json", "document", "list", "--as-of", "2017-05-31").rows == []


@pytest.mark.parametrize(
    ("words", "grants"),
    [
        (("--stage", "effective"), ["G-1"]),
        (("--stage", "closed"), []),
        (("--stage", "closed", "--stage", "effective", "--window", "stand_alone"), ["G-1"]),
        (("--window", "oks"), []),
        (("--as-of", "2017-01-31", "--stage", "requested"), ["G-1"]),
    ],
)
def test_grants_are_listed_by_stage_and_window(
    lived: Shell, words: tuple[str, ...], grants: list[str]
) -> None:
    assert [row["grant"] for row in lived("--json", "grant", "list", *words).rows] == grants


def test_an_unknown_window_is_no_empty_list(lived: Shell) -> None:
    wrong = lived("grant", "list", "--window", "standalone")
    assert (wrong.code, "did you mean stand_alone?" in wrong.err) == (2, True)


@pytest.mark.of_a_file("the bytes of the journal")
def test_a_list_never_writes(lived: Shell) -> None:
    def files() -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in lived.path.glob("journal*") if path.is_file()}

    lived("payment", "list")
    before = files()
    for words in ("payment list", "call list", "document list", "fund show", "payment show G-1 P1"):
        assert lived(*words.split()).code == 0, words
    assert files() == before
    assert json.loads(lived("--json", "fund", "show").out)["known"] > 0


ASKED = on_grant(
    *("RequestPayment", "2017-09-01", "leader"),
    payment="P2",
    payee="Hotel",
    category="travel",
    amount="900.00 USD",
)


def test_a_grant_ends_with_what_may_come_next_and_whose_act_it_is(lived: Shell) -> None:
    many = {"command": "AppointOfficer", "on": "2009-01-01", "officer": "leader", "roles": ["finance"]}
    assert lived("record", lived.file([many, ASKED])).code == 0
    last = lived("grant", "show", "G-1").out.partition("May come next:\n")[2]
    assert [" ".join(line.split()) for line in last.splitlines()] == [
        "payment authorise P2 finance: cash, payer; not leader, who asked for P2",
        "payment reject P2 finance: cash, payer; not leader, who asked for P2",
        "grant complete ttl: leader",
    ]
    authorise, *_ = lived("--json", "grant", "show", "G-1").row["next"]
    assert authorise == {
        "command": "payment authorise",
        "item": "P2",
        "role": "finance",
        "officers": ["cash", "payer"],
        "excluded": [{"officer": "leader", "because": "asked for P2"}],
    }
    lived.lose_views()
    assert lived("grant", "show", "G-1").out.endswith(last)
    assert "next" not in lived("--json", "grant", "show", "G-1", "--on", "2017-09-01").row


def test_a_payment_ends_with_what_may_come_next(lived: Shell) -> None:
    assert lived("record", lived.file([ASKED])).code == 0
    shown = lived("payment", "show", "G-1", "P2").out
    assert "payment authorise P2  finance: cash, payer" in shown
    assert "grant complete" not in shown
    assert lived("payment", "show", "G-1", "P1").out.endswith("Nothing waits.\n")
    assert [act["command"] for act in lived("--json", "payment", "show", "G-1", "P2").row["next"]] == [
        "payment authorise",
        "payment reject",
    ]


@pytest.mark.parametrize("ending", ["csv", "json", "xlsx", "parquet", "html", "txt"])
def test_the_list_of_grants_is_written_in_every_form_of_a_report(lived: Shell, ending: str) -> None:
    """The form follows the ending; the caption with both dates goes to stderr, or is in the file."""
    result = lived("grant", "list", "--output", f"grants.{ending}")
    assert result.code == 0, result.err
    assert f"wrote grants.{ending}" in result.err
    content = (lived.folder / f"grants.{ending}").read_bytes()
    if ending in {"csv", "json", "html", "txt"}:
        for part in (
            "G-1",
            "Learning about dairy",
            "stand_alone" if ending != "html" else "stand",
            "70000.00",
        ):
            assert part in content.decode().replace("70,000.00", "70000.00"), part
    if ending in {"csv", "json"}:
        assert "as known at" in result.err


def test_the_list_of_grants_is_chosen_and_dated_in_every_form(lived: Shell) -> None:
    (row,) = lived("grant", "list", "--format", "json", "--on", "2017-02-11").rows
    assert (row["stage"], row["currency"], row["committed"]) == ("approved", "USD", "70000.00")
    assert lived("grant", "list", "--format", "csv", "--stage", "closed").out.splitlines()[1:] == []
    assert "As of 2017-02-11" in lived("grant", "list", "--format", "table", "--on", "2017-02-11").out
    assert lived("views", "update").code == 0
    (row,) = lived("grant", "list", "--format", "json", "--views", lived.book).rows
    assert row["undisbursed"] == "12000.00"
    contradiction = lived("grant", "list", "--format", "json", "--output", "a.csv")
    assert (contradiction.code, "contradict" in contradiction.err) == (2, True)
