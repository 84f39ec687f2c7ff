"""Files of other programs brought in by a map: a person's spreadsheet, a log of events, published data."""

import csv
import gzip
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from cli.commands.import_files import import_run
from support.cli_shell import Shell, on_grant
from support.import_tables import payments

MAP = """
[import]
source = "Ann's spreadsheet"
mode = "history"
key = ["Ref"]
[file]
leave_out = [{ column = "Ref", matches = "(?i)^(total|sum)" }]
[dates]
formats = ["DD.MM.YYYY", "D MONTH YYYY"]
serial = true
partial = "first"
[amounts]
thousands = ","
rounding = "half_even"
zero = "skip"
rates = { EUR = "1.10" }
[countries]
names = { "Tanzania" = "TZ", "Côte d'Ivoire" = "CI" }
[windows]
patterns = [["(?i)^small", "stand_alone"], ["(?i)programme", "programmatic"]]
[officers]
names = { "Ann B." = "a.b" }
[[step]]
command = "ProposeGrant"
[step.fields]
grant = { column = "Ref" }
title = { column = "Project title" }
window = { column = "Type" }
recipients = { column = "Countries", split = "," }
providers = ["ZZ"]
sector = { column = "Theme", default = "not stated" }
objective = "not stated"
months = 12
amount = { column = "Grant (USD)", zero = "keep" }
on = { column = "Approved" }
actor = { column = "Officer" }
[[step]]
command = "ApproveGrant"
[step.fields]
grant = { column = "Ref" }
amount = { column = "Grant (USD)" }
on = { column = "Approved" }
[[step]]
command = "RecordIrregularPayment"
when = [{ column = "Paid", filled = true }, { column = "Paid", sign = "positive" }]
[step.fields]
grant = { column = "Ref" }
payment = "P1"
payee = "not stated"
amount = { column = "Paid" }
rule = "NotYetEffective"
reason = "paid before the book began"
on = { column = "Paid on" }
"""
HEADER = [
    "Ref",
    "Project title",
    "Type",
    "Countries",
    "Theme",
    "Grant (USD)",
    "Approved",
    "Officer",
    "Paid",
    "Paid on",
]


def messy_rows() -> list[list[Any]]:
    """Return forty rows as people write them: 36 that can be read, and 4 with a fault each."""
    forms = ["05.03.2016", "5 March 2016", "2016-03-05", 42434]
    rows = [
        [
            f"2016-{number:02}",
            ["Märkte, groß", "=1+1", "Tea \n and milk", "-"][number % 4],
            ["small grants", "Small"][number % 2],
            ["Tanzania", "TZ, UG", "Côte d'Ivoire"][number % 3],
            None if number % 5 == 0 else "agriculture",
            ["1,000.00", 1000, "1000.004", "1,000"][number % 4],
            forms[number % 4],
            ["Ann B.", "b.c"][number % 2],
            "500.00" if number % 2 else None,
            "31.12.2016" if number % 2 else None,
        ]
        for number in range(1, 37)
    ]
    rows += [
        ["2016-37", "No such day", "small", "TZ", "x", "1,000.00", "31.02.2016", "b.c", None, None],
        ["2016-38", "No such country", "small", "Atlantis", "x", "1,000.00", "05.03.2016", "b.c", None, None],
        ["2016-39", "No such window", "very large", "TZ", "x", "1.000,00", "05.03.2016", "b.c", None, None],
        ["2016-01", "Another of this name", "small", "TZ", "x", "7.00", "05.03.2016", "b.c", None, None],
    ]
    return rows


@pytest.fixture
def spreadsheet(gb: Shell) -> str:
    """A spreadsheet with a title over merged cells, forty rows, empty lines and a line of totals."""
    path = gb.folder / "grants 2016.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Grants")
        sheet.merge_range(0, 0, 0, 9, "All our grants")
        for number, row in enumerate(
            [HEADER, [], *messy_rows(), [], ["Total", None, None, None, None, 36000]], 2
        ):
            for column, value in enumerate(row):
                (sheet.write_string if isinstance(value, str) else sheet.write)(number, column, value)
    (gb.folder / "map.toml").write_text(MAP, "utf-8")
    return str(path)


def total(gb: Shell, *words: str) -> dict[str, Decimal]:
    rows = gb("--json", "report", "disbursement", *words).rows
    return {key: sum((Decimal(row[key]) for row in rows), Decimal(0)) for key in ("approved", "disbursed")}


def test_every_fault_of_a_spreadsheet_is_named_at_once_and_nothing_is_recorded(
    gb: Shell, spreadsheet: str
) -> None:
    for words in ((), ("--check",)):
        result = gb("import", "map.toml", spreadsheet, *words)
        assert result.code == 2
        for fault in (
            "Grants!G41: '31.02.2016' is no day in a form that the map names (YYYY-MM-DD, DD.MM.YYYY",
            "Grants!D42: 'Atlantis' is no code of a country",
            "Grants!C43: 'very large' stands for no window",
            "Grants!F43: '1.000,00' is no amount by the marks",
            "Grants!A44: '2016-01' names an earlier row too, which says something else",
        ):
            assert fault in result.err
        assert "41 rows, 90 commands" in result.out
        assert (
            "stand_alone 2016: approved 36,000.00, disbursed 9,000.00, proposed 36,000.00 USD" in result.out
        )
        assert "days read as DD.MM.YYYY; first grants 2016.xlsx:Grants!" in result.out
        assert "1 times rows left out by [file] leave_out" in result.out
        assert "rounding changed the sum of ApproveGrant by -0.036 USD" in result.out
        assert "nothing was recorded" in result.out
    assert gb("--json", "grant", "list").rows == []


def test_rows_at_fault_go_to_a_file_and_the_rest_is_recorded_once(gb: Shell, spreadsheet: str) -> None:
    for answer in ("90 accepted", "90 recorded before"):
        result = gb("import", "map.toml", spreadsheet, "--rejects", "rejects.csv")
        assert (result.code, answer in result.out) == (2, True)
        assert total(gb) == {"approved": Decimal("36000.00"), "disbursed": Decimal("9000.00")}
    with (gb.folder / "rejects.csv").open(encoding="utf-8-sig", newline="") as file:
        rejected = list(csv.DictReader(file))
    assert [row["value"] for row in rejected] == [
        "31.02.2016",
        "Atlantis",
        "very large",
        "1.000,00",
        "2016-01",
    ]
    assert all(row["reason"] for row in rejected)
    titles = {row["title"] for row in gb("--json", "grant", "list").rows}
    assert {"Märkte, groß", "=1+1", "Tea and milk", "-"} == titles
    history = gb("audit", "history", "2016-01").out
    assert "imported from Ann's spreadsheet, 2016-01: judged by arithmetic alone" in history
    assert "an act of admin, imported by admin" in history
    assert gb("audit", "verify", "--rules").code == 0


def test_the_plan_as_json_is_one_document(gb: Shell, spreadsheet: str) -> None:
    plan = gb("--json", "import", "map.toml", spreadsheet, "--check").row
    assert (plan["rows"], plan["commands"], plan["malformed"], plan["refused"]) == (41, 90, 5, 0)
    assert plan["rejected"][0]["cell"].endswith("Grants!G41")
    assert plan["sums"][0] == {
        "window": "stand_alone",
        "year": "2016",
        "currency": "USD",
        "approved": "36000.00",
        "disbursed": "9000.00",
        "proposed": "36000.00",
    }
    assert plan["recorded"] is None


def test_forty_payments_are_recorded_by_one_command(lived: Shell) -> None:
    result = lived("import", "payments", payments(lived))
    assert (result.code, "120 accepted" in result.out) == (0, True)
    assert total(lived)["disbursed"] == Decimal("64000.00")
    assert lived("import", "payments", payments(lived)).out.endswith("120 recorded before\n")


def test_a_live_import_is_judged_by_all_rules_before_anything_is_recorded(lived: Shell) -> None:
    result = lived("import", "payments", payments(lived, 2, **{"Paid by": "cash"}))
    assert result.code == 1
    assert "payments.csv:2:1: 'G-1 Q1: DisburseFunds G-1 2017-09-03' DecidesOwnRequest" in result.err
    assert total(lived)["disbursed"] == Decimal("60000.00")
    assert lived("--json", "audit", "refusals").rows == []


def test_a_row_that_says_something_else_than_when_it_was_imported_is_refused(lived: Shell) -> None:
    assert lived("import", "payments", payments(lived, 1)).code == 0
    result = lived("import", "payments", payments(lived, 1, Amount="200.00"))
    assert (result.code, "CommandIdReused" in result.err) == (1, True)


def test_an_import_that_was_stopped_goes_on(lived: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """As after kill -9: what was recorded stays, and the same command records the rest."""
    monkeypatch.setattr(import_run, "_BATCH", 6)
    take: Callable[..., None] = import_run.Run.take_requests
    batches = []

    def stop_after_two(run: import_run.Run, requests: Any) -> None:
        take(run, requests)
        batches.append(run.dry)
        if batches.count(False) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(import_run.Run, "take_requests", stop_after_two)
    file = payments(lived, 8)
    assert lived("import", "payments", file).code == 130
    assert total(lived)["disbursed"] == Decimal("60400.00")
    monkeypatch.setattr(import_run.Run, "take_requests", take)
    assert "12 accepted, 12 recorded before" in lived("import", "payments", file).out
    assert total(lived)["disbursed"] == Decimal("60800.00")


@pytest.mark.parametrize(
    ("reconcile", "says"),
    [
        ('sum = "disbursed"\nexpected = "9000.00"', ""),
        ('sum = "disbursed"\nby = "year"\nexpected = { 2016 = "9000.00" }', ""),
        ('sum = "commands"\nexpected = 90', ""),
        ('sum = "approved"\nby = "window"\nexpected = { stand_alone = 36000 }', ""),
        (
            'sum = "disbursed"\nexpected = "9000.01"',
            "disbursed: 9,000.00, and the map expects 9,000.01: -0.01",
        ),
        (
            'sum = "approved"\nby = "grant"\nexpected = { 2016-01 = 1000 }',
            "approved of 2016-02: 1,000.00, and the map",
        ),
    ],
)
def test_sums_that_do_not_come_out_stop_the_import(
    gb: Shell, spreadsheet: str, reconcile: str, says: str
) -> None:
    (gb.folder / "map.toml").write_text(f"{MAP}\n[[reconcile]]\n{reconcile}\n", "utf-8")
    result = gb("import", "map.toml", spreadsheet, "--rejects", "r.csv")
    assert ("does not come out" in result.err, says in result.err) == (bool(says), True)
    assert len(gb("--json", "grant", "list").rows) == (0 if says else 36)


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


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("import",), "name a map and a file"),
        (("import", "payments"), "name the files"),
        (("import", "payment", "x.csv"), "did you mean payments?"),
        (("import", "payments", "x.csv"), "no such file"),
        (("template", "payment"), "did you mean payments?"),
        (("template", "grants", "x.doc"), "a template is written as .csv or .xlsx"),
        (("import", "--suggest", "x.xml"), "a map is suggested for tables"),
    ],
)
def test_what_cannot_be_done_is_said_in_words(gb: Shell, words: tuple[str, ...], says: str) -> None:
    result = gb(*words)
    assert (result.code, says in result.err) == (2, True), result.err


def test_running_grants_are_brought_forward_and_go_on(gb: Shell) -> None:
    """A person's table of running grants: the sums have to come out, and what follows is judged as usual."""
    assert gb("template", "running-grants", "t.csv").code == 0
    shown = gb("import", "--show-map", "running-grants").out
    reconciled = f'{shown}\n[[reconcile]]\nsum = "disbursed"\nby = "grant"\n'
    (gb.folder / "m.toml").write_text(f'{reconciled}expected = {{ SSF-2017-02 = "40000.01" }}\n', "utf-8")
    assert "40,000.00, and the map expects 40,000.01" in gb("import", "m.toml", "t.csv").err
    (gb.folder / "m.toml").write_text(f'{reconciled}expected = {{ SSF-2017-02 = "40000.00" }}\n', "utf-8")
    imported = gb("--json", "import", "m.toml", "t.csv").row
    assert imported["recorded"] == {"accepted": 1}
    (warning,) = imported["warnings"]
    assert warning.startswith("fund_overdrawn: on 2017-12-31 the fund has promised 90,000.00 USD more")
    again = gb("--json", "import", "m.toml", "t.csv").row
    assert (again["recorded"], again["warnings"]) == ({"repeat": 1}, [])
    (row,) = gb("--json", "report", "disbursement", "--as-of", "2017-12-31").rows
    assert (row["committed"], row["disbursed_brought_forward"]) == ("90000.00", "39500.00")
    assert gb("officer", "appoint", "t.leader", "--roles", "ttl", "--on", "2017-01-01").code == 0
    too_much = ("--payee", "Hotel", "--amount", "50500.01 USD", "--actor", "t.leader")
    asked = gb("payment", "request", "SSF-2017-02", "P1", "--on", "2018-01-02", *too_much)
    assert "ExceedsUndisbursedBalance" in asked.err
    text = (gb.folder / "t.csv").read_text("utf-8").replace("SSF-2017-02", "SSF-2")
    (gb.folder / "t.csv").write_text(text.replace(",500.00,", ",40000.01,"), "utf-8")
    refused = gb("import", "running-grants", "t.csv")
    assert "TotalsDoNotAddUp: 40,000.01 USD was refunded of 40,000.00 USD disbursed" in refused.err
    assert refused.code == 1


@pytest.mark.parametrize("name", ["payments", "grants", "running-grants", "partners"])
@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_template_as_it_is_written_can_be_imported(gb: Shell, name: str, ending: str) -> None:
    assert gb("template", name, f"t.{ending}").code == 0
    checked = gb("--json", "import", name, f"t.{ending}", "--check").row
    assert checked["malformed"] == 0
    assert checked["refused"] == (3 if name == "payments" else 0)  # the book has no such grant


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
