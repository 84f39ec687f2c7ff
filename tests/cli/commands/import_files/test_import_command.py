"""Files of other programs brought in by a map: a person's spreadsheet, a log of events, published data."""

import csv
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import xlsxwriter

from cli.commands.import_files import import_run
from support.cli_shell import Shell, bring_forward
from support.import_tables import payments, total

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


def test_a_payment_without_a_line_is_judged_as_if_it_was_typed(lived: Shell) -> None:
    """A grant's only line pays; of two lines none is chosen."""
    dates = {"approved_on": "2017-01-20", "effective_on": "2017-03-01", "closing_date": "2018-02-28"}
    sums = {"stage": "effective", "approved": "100.00 USD", "disbursed": "0.00 USD"}
    budgets = {"F-1": [("flights", "100.00 USD")], "F-2": [("travel", "60.00 USD"), ("rooms", "40.00 USD")]}
    for grant, budget in budgets.items():
        lines = [{"line": name, "amount": amount} for name, amount in budget]
        given = lived.file([bring_forward(grant=grant, lines=lines, **dates, **sums)])
        assert lived("record", given).code == 0
    table = payments(lived, 1, Grant="F-1", Line="", Amount="10.00")
    assert lived("import", "payments", table).code == 0
    assert lived("--json", "payment", "list", "--grant", "F-1").rows[-1]["category"] == "flights"
    refused = lived("import", "payments", payments(lived, 1, Grant="F-2", Line="", Amount="10.00"))
    assert (refused.code, "UnknownBudgetLine" in refused.err) == (1, True)


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
