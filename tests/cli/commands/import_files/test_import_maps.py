"""Published data, logs of events and statements of a bank brought in, by the maps that are shipped."""

import gzip
import json
from decimal import Decimal
from pathlib import Path

import pytest

from support.cli_shell import Shell, on_grant
from support.import_tables import total


def log_of_events(path: Path, cases: int) -> None:
    """Write a log in which each case is submitted, half are approved, and a quarter are paid."""
    steps = [
        "Declaration SUBMITTED by EMPLOYEE",
        "Declaration FINAL_APPROVED by SUPERVISOR",
        "Request Payment",
    ]
    steps += ["Payment Handled"]
    with gzip.open(path, "wt", encoding="utf-8") as log:
        log.write(
            '<?xml version="1.0"?><log xmlns="http://www.xes-standard.org/"><extension name="Concept"/>'
        )
        for case in range(cases):
            log.write(f'<trace><string key="concept:name" value="declaration {case}"/>')
            log.write(f'<float key="Amount" value="{case % 7}.5"/>')
            for number, name in enumerate(steps[: [1, 2, 1, 4][case % 4]], 1):
                moment = f"2017-01-{number:02}T23:30:00.000-05:00"
                log.write(f'<event><string key="concept:name" value="{name}"/>')
                log.write(f'<date key="time:timestamp" value="{moment}"/></event>')
            log.write("</trace>")
        log.write("</log>")


@pytest.mark.slow
def test_a_log_of_a_thousand_cases_is_imported_by_one_command(gb: Shell) -> None:
    log_of_events(gb.folder / "log.xes.gz", 1_000)
    result = gb("--json", "import", "xes", "log.xes.gz")
    assert result.code == 0, result.err
    amounts = [Decimal(case % 7) + Decimal("0.5") for case in range(1_000)]
    approved, paid = sum(amounts[1::4]) + sum(amounts[3::4]), sum(amounts[3::4])
    assert result.row["recorded"] == {"accepted": 2_000}
    sums = {"proposed": sum(amounts), "approved": approved, "requested": paid, "disbursed": paid}
    assert result.row["sums"] == [
        {"window": "stand_alone", "year": "2017", "currency": "USD"}
        | {kind: f"{amount:.2f}" for kind, amount in sums.items()}
    ]


def test_the_day_of_a_moment_is_that_of_the_seat(gb: Shell) -> None:
    """At 23:30 in New York it is the next day in a book whose seat is in UTC."""
    log_of_events(gb.folder / "log.xes.gz", 4)
    assert gb("import", "xes", "log.xes.gz").code == 0
    assert [row["proposed_on"] for row in gb("--json", "report", "register").rows] == ["2017-01-02"] * 4


def transaction(kind: int, on: str, amount: str, currency: str = "") -> str:
    """Return a transaction of IATI: 2 is a commitment, 3 a disbursement, 4 an expenditure, 11 comes in."""
    value = f'<value currency="{currency}">' if currency else "<value>"
    return (
        f'<transaction><transaction-type code="{kind}"/><transaction-date iso-date="{on}"/>'
        f"{value}{amount}</value></transaction>"
    )


IATI = f"""<?xml version="1.0" encoding="UTF-8"?>
<iati-activities version="2.03">
<iati-activity default-currency="USD">
<iati-identifier>XM-DAC-1</iati-identifier><title><narrative>Milk</narrative></title>
<activity-date type="2" iso-date="2015-02-01"/><recipient-country code="TZ"/><sector code="311"/>
{transaction(2, "2015-02-01", "1000.00")}{transaction(3, "2015-03-01", "400")}
{transaction(4, "2015-04-01", "300.5")}{transaction(3, "2015-05-01", "-100.25")}
{transaction(11, "2015-05-01", "7")}
</iati-activity>
<iati-activity default-currency="USD">
<iati-identifier>XM-DAC-2</iati-identifier><activity-date type="1" iso-date="2016-02-01"/>
{transaction(3, "2016-03-01", "50", "EUR")}
</iati-activity></iati-activities>"""


def test_activities_of_iati_are_grants_with_their_payments_and_refunds(gb: Shell) -> None:
    (gb.folder / "a.xml").write_text(IATI, "utf-8")
    refused = gb("import", "iati-2.03", "a.xml")
    assert (refused.code, "50.00 EUR is not in USD" in refused.err) == (1, True)
    text = gb("import", "--show-map", "iati-2.03").out.replace(
        '# rates = { EUR = "1.10" }', 'rates = { EUR = "1.10" }'
    )
    (gb.folder / "mine.toml").write_text(text, "utf-8")
    result = gb("import", "mine.toml", "a.xml")
    assert result.code == 0, result.err
    rows = {row["grant"]: row for row in gb("--json", "report", "disbursement").rows}
    first, second = rows["XM-DAC-1"], rows["XM-DAC-2"]
    assert (first["approved"], first["disbursed"], first["refunded"]) == ("1000.00", "700.50", "100.25")
    assert (second["approved"], second["disbursed"]) == ("55.00", "55.00")


def test_grants_of_360giving_with_duplicate_ids_are_named_skipped_or_numbered(gb: Shell) -> None:
    grant = {"title": "Tea", "description": "A café", "currency": "USD", "awardDate": "2016-04-01T00:00:00Z"}
    grants = [{"id": f"360G-a-{number % 3}", "amountAwarded": number + 0.5, **grant} for number in range(6)]
    (gb.folder / "a.json").write_text(json.dumps({"version": "1.1", "grants": [*grants, grants[0]]}), "utf-8")
    result = gb("import", "360giving", "a.json")
    assert (result.code, result.err.count("names an earlier row too")) == (2, 3)
    assert "1 times rows equal to an earlier row left out" in result.out
    text = gb("import", "--show-map", "360giving").out.replace('"refuse"    #', '"skip"    #')
    (gb.folder / "mine.toml").write_text(text, "utf-8")
    result = gb("import", "mine.toml", "a.json")
    assert (result.code, "6 accepted" in result.out) == (0, True)


@pytest.mark.of_a_file("book.toml says who publishes")
@pytest.mark.parametrize(
    ("exported", "file", "name"),
    [("iati", "a/activities.xml", "iati-2.03"), ("360giving", "a.json", "360giving")],
)
def test_what_grantbook_publishes_comes_back_with_the_same_money(
    lived: Shell, exported: str, file: str, name: str
) -> None:
    """A payment, its refund, a further payment and a cancellation, each on its own day."""
    more = [
        on_grant(
            "RequestPayment",
            "2017-09-01",
            "leader",
            payment="P2",
            payee="Hotel",
            category="travel",
            amount="12000.00 USD",
        ),
        on_grant("AuthorisePayment", "2017-09-02", "cash", payment="P2"),
        on_grant("DisburseFunds", "2017-09-03", "payer", payment="P2", amount="11000.00 USD"),
        on_grant("CancelBalance", "2017-10-01", "boss", amount="500.00 USD", reason="saved"),
    ]
    assert lived("record", lived.file(more)).code == 0
    publisher = '\n[publisher]\nidentifier = "XM-DAC-1"\nname = "F"\ntype = "40"\ngiving_prefix = "360G-f"\n'
    with (lived.path / "book.toml").open("a", encoding="utf-8") as settings:
        settings.write(publisher)
    assert lived("export", exported, file.partition("/")[0]).code == 0
    copy = str(lived.folder / "copy")
    assert lived("init", copy, "--name", "Copy", "--on", "2008-10-01").code == 0
    imported = lived("import", name, file, "--book", copy)
    assert imported.code == 0, imported.err
    sums = "approved increased cancelled committed disbursed refunded first_paid_on last_paid_on".split()
    (before,) = lived("--json", "report", "disbursement").rows
    (after,) = lived("--json", "report", "disbursement", "--book", copy).rows
    assert {key: after[key] for key in sums} == {key: before[key] for key in sums}
    if exported == "iati":  # its tags say the window and the providers
        (row,) = lived("--json", "report", "register", "--book", copy).rows
        assert (row["window"], row["recipients"], row["providers"]) == ("stand_alone", ["TZ", "UG"], ["IN"])


def test_a_table_of_360giving_is_read_by_the_same_map(gb: Shell) -> None:
    (gb.folder / "a.csv").write_text(
        "Identifier,Title,Description,Currency,Amount Awarded,Award Date,Recipient Org:Name\n"
        "360G-a-1,Tea,A caf\u00e9,USD,1000.50,2016-04-01,Org\n360G-a-2,Milk,,,7,2016-05-01,\n",
        "utf-8",
    )
    result = gb("import", "360giving", "a.csv")
    assert result.code == 0, result.err
    assert total(gb)["approved"] == Decimal("1007.50")


def test_a_log_of_events_as_a_table_is_read_by_the_map_of_logs(gb: Shell) -> None:
    (gb.folder / "log.csv").write_text(
        "case:concept:name,concept:name,time:timestamp,case:Amount\n"
        "d 1,Declaration SUBMITTED by EMPLOYEE,2017-01-09 08:49:50+00:00,26.5\n"
        "d 1,Declaration FINAL_APPROVED by SUPERVISOR,2017-01-10 08:49:50.123000+00:00,26.5\n",
        "utf-8",
    )
    result = gb("import", "xes", "log.csv")
    assert result.code == 0, result.err
    assert "amounts without a currency read in USD; first log.csv:2:4" in result.out
    assert total(gb)["approved"] == Decimal("26.50")


BANK = """
[import]
source = "our bank"
mode = "history"
key = ["Booked", "Text"]
duplicates = "number"
[dates]
formats = "DD.MM.YYYY"
[amounts]
thousands = "."
decimal = ","
currency = "USD"
[[step]]
command = "JoinPartner"
once = true
[step.fields]
partner = { column = "Text", find = 'from (\\w+)' }
name = { column = "Text", find = 'from (\\w+)' }
kind = "traditional"
on = "2009-01-01"
[[step]]
command = "ReceiveInstalment"
[step.fields]
partner = { column = "Text", find = 'from (\\w+)' }
amount = { column = "Credit" }
on = { column = "Booked" }
[[reconcile]]
sum = "received"
expected = "4002.00"
"""


def test_a_statement_of_the_bank_names_each_partner_once_and_counts_equal_lines(gb: Shell) -> None:
    (gb.folder / "bank.toml").write_text(BANK, "utf-8")
    (gb.folder / "bank.csv").write_text(
        "Booked;Text;Credit\n01.03.2016;Gift from Denmark;1.000,50\n01.03.2016;Gift from Denmark;1.000,50\n"
        "02.03.2016;Gift from Denmark, again;1.000,50\n02.03.2016;Gift from Norway;1.000,50\n",
        "utf-8",
    )
    result = gb("import", "bank.toml", "bank.csv")
    assert (result.code, "6 accepted" in result.out) == (0, True), result.err
    assert "1 times rows with the key of an earlier row numbered; first bank.csv:3:1" in result.out
    received = {row["partner"]: row["received_holding"] for row in gb("--json", "report", "fund").rows}
    assert (received["Denmark"], received["Norway"]) == ("3001.50", "1000.50")
