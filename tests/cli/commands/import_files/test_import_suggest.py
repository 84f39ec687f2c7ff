"""A map that is proposed for a table says for each column how sure it is and why, and loads as it is."""

from pathlib import Path

import pytest

from support.cli_shell import Shell

PROJECTS = """\
Our exchanges,,,,,,,,,,
Project,Name of  project,Programme,Recipient countries,Host,Duration,Sum USD,Submitted,Approved,Paid,Mood
P-01,Dairy co-ops,stand alone,Kenya; Viet Nam,India,12,"2.500,5",03.04.2017,15.05.2017,01.06.2017,good
P-02,Tax registers,Stand alone,Kenia,Chile,10 months,"9.750,50",13.04.2017,20.05.2017,15.06.2017,
"""
PAYMENTS = """\
Ref;Project;Paid to;Montant (€);Date of request;Value date;Cost category
1;G-1;Airline;1 234,50;01/02/2017;05/02/2017;travel
2;G-1;Hotel;99,00;02/02/2017;05/02/2017;travel
"""
DONORS = """\
Donor,Donor name,Received,Sum,Ccy
NO,Norway,2/1/18,"1,000,000.00",USD
SE,Sweden,31/12/18,"250,000.00",USD
"""


def suggested(shell: Shell, table: str, name: str = "t.csv") -> str:
    """Return the map that is suggested for a table, having seen that it loads and reads the table."""
    (shell.folder / name).write_text(table, "utf-8")
    result = shell("import", "--suggest", name)
    assert result.code == 0, result.err
    (shell.folder / "mine.toml").write_text(result.out, "utf-8")
    assert shell("--json", "import", "mine.toml", name, "--check").row["rows"] > 0
    return result.out


def test_each_column_is_said_with_how_sure_it_is_and_why(gb: Shell) -> None:
    lines = [line[1:].strip() for line in suggested(gb, PROJECTS).splitlines()]
    for line in (
        "likely  \"Project\" is Grant: the header has 'project'; 2 values, all different",
        "likely  \"Name of  project\" is Title: the header has 'name of project'; 2 values, all different",
        "likely  \"Host\" is Providers: the header has 'host'; 2 of 2 different values are countries",
        (
            "UNSURE  \"Sum USD\" is Amount: the header has 'sum'; all 2 values are amounts such as '2.500,5';"
            " it is taken for the amounts of ProposeGrant and of ApproveGrant"
        ),
        'UNSURE  "Mood" is not used: 1 value',
        (
            "UNSURE  \"Paid\" is not used: all 2 values are days such as '01.06.2017';"
            " a table of payments has it, or one of running-grants"
        ),
    ):
        assert line in lines


def test_a_suggested_map_imports_the_table_as_it_is(gb: Shell) -> None:
    """Its amounts, days, windows, countries and months are read, and the second spelling of a window."""
    suggested(gb, PROJECTS)
    row = gb("--json", "import", "mine.toml", "t.csv", "--check").row
    assert (row["malformed"], row["refused"]) == (0, 0), row["rejected"]
    (sums,) = row["sums"]
    assert (sums["window"], sums["proposed"], sums["approved"]) == ("stand_alone", "12251.00", "12251.00")


def test_names_that_are_no_codes_are_listed_with_guesses_marked(gb: Shell) -> None:
    lines = suggested(gb, PROJECTS.replace("Kenia", "Kenia; Qwzx")).splitlines()
    for line in (
        *('"Kenya" = "KE"', '"Viet Nam" = "VN"', '"Kenia" = "KE"   # GUESS', '"stand alone" = "stand_alone"'),
        '# "Qwzx" = "…"   # UNSURE: nothing that is known is near',
    ):
        assert line in lines


def test_a_window_of_the_book_is_known(gb: Shell) -> None:
    """Only a name that is near a window of the fund stands for it."""
    text = suggested(gb, PROJECTS.replace("Stand alone", "programatic").replace("stand alone", "others"))
    assert '"programatic" = "programmatic"   # GUESS' in text
    assert '# "others" = ' in text


@pytest.mark.parametrize(
    ("days", "forms", "unclear"),
    [
        (("03/04/2016", "05/06/2016"), '["DD/MM/YYYY"]', "DD/MM/YYYY is taken, MM/DD/YYYY fits all as well"),
        (("03/04/2016", "05/31/2016"), '["MM/DD/YYYY"]', ""),
        (("03/04/2016", "31/05/2016"), '["DD/MM/YYYY"]', ""),
        (("3.4.16", "5 May 2016"), '["D.M.YY", "D MONTH YYYY"]', "days are written in 2 forms"),
        (("2016-03-04", "2016-05-31"), "[]", ""),
    ],
)
def test_the_order_of_days_is_found_from_the_whole_column(
    gb: Shell, days: tuple[str, str], forms: str, unclear: str
) -> None:
    """300 days of unclear order before the last one."""
    rows = [f"G{number},T,{days[0]},1.00" for number in range(300)] + [f"H,T,{days[1]},1.00"]
    text = suggested(gb, "\n".join(["Grant,Title,Proposed on,Amount", *rows]))
    assert f"formats = {forms}" in text
    assert ("# UNSURE: days " in text) is bool(unclear)
    assert unclear in text


@pytest.mark.parametrize(
    ("amounts", "marks"),
    [
        (("1.000", "1.000,50"), (".", ",")),
        (("1,000", "1,000.50"), (",", ".")),
        (("1 000", "1 000,5"), (" ", ",")),
        (("1'000", "1'000.50"), ("'", ".")),
        (("12,50", "1"), (".", ",")),
    ],
)
def test_the_marks_of_amounts_are_found_from_the_whole_column(
    gb: Shell, amounts: tuple[str, str], marks: tuple[str, str]
) -> None:
    rows = [f"G{number};T;2016-01-01;{amounts[0]}" for number in range(300)] + [
        f"H;T;2016-01-01;{amounts[1]}"
    ]
    text = suggested(gb, "\n".join(["Grant;Title;Proposed on;Amount", *rows]))
    assert f'thousands = "{marks[0]}"\ndecimal = "{marks[1]}"\n' in text


def test_a_column_of_days_is_no_amount_whatever_its_header_says(gb: Shell) -> None:
    text = suggested(gb, PAYMENTS)
    for line in (
        '"Ref" is Payment',
        '"Project" is Grant',
        '"Montant (€)" is Amount',
        '"Date of request" is Requested on',
        '"Value date" is Paid on',
        'currency = "EUR"',
        'thousands = " "\ndecimal = ","',
        "AuthorisePayment is taken to be of the day in 'Value date'",
        "EUR is not the fund's USD",
    ):
        assert line in text


def test_a_file_of_partners_is_known_as_one(gb: Shell) -> None:
    text = suggested(gb, DONORS)
    assert "by the shipped map partners" in text
    assert 'currency_column = "Ccy"' in text
    assert 'formats = ["D/M/YY"]' in text
    assert gb("--json", "import", "mine.toml", "t.csv", "--check").row["refused"] == 0


def test_headers_with_quotation_marks_and_lines_are_written_as_toml(gb: Shell) -> None:
    text = suggested(gb, 'Grant,"Title\nof ""it""",When,Sum\nA,x,2017-01-02,5\nB,y,2017-01-03,6\n')
    assert '"Title\\nof \\"it\\"" is Title' in text
    assert '"When" is Proposed on: the header says nothing that is known; all 2 values are days' in text


@pytest.mark.parametrize("name", ["payments", "grants", "partners"])
@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_the_columns_of_a_template_are_sure(gb: Shell, name: str, ending: str) -> None:
    file = f"t.{ending}"
    assert gb("template", name, file).code == 0
    result = gb("import", "--suggest", file)
    assert f"by the shipped map {name}." in result.out
    assert "is not used" not in result.out.replace('UNSURE  "Closed on"', "")
    (gb.folder / "mine.toml").write_text(result.out, "utf-8")
    as_shipped = gb("--json", "import", name, file, "--check").row
    as_suggested = gb("--json", "import", "mine.toml", file, "--check").row
    assert (as_suggested["commands"], as_suggested["sums"]) == (as_shipped["commands"], as_shipped["sums"])


def test_a_table_without_days_gets_no_map(gb: Shell) -> None:
    (gb.folder / "t.csv").write_text("a,b\nx,1\n", "utf-8")
    result = gb("import", "--suggest", "t.csv")
    assert (result.code, "no column has days" in result.err) == (2, True)


def test_without_a_book_the_windows_are_those_of_the_shipped_editions(shell: Shell, tmp_path: Path) -> None:
    (shell.folder / "t.csv").write_text(PROJECTS, "utf-8")
    assert '"stand alone" = "stand_alone"' in shell("import", "--suggest", "t.csv").out


def test_days_of_both_orders_are_read_by_the_first_form_that_makes_a_day(gb: Shell) -> None:
    rows = [
        f"G{number},T,{day},1.00" for number, day in enumerate(("05/03/2016", "03/14/2016", "13/03/2016"))
    ]
    text = suggested(gb, "\n".join(["Grant,Title,Proposed on,Amount", *rows]))
    assert 'formats = ["DD/MM/YYYY", "MM/DD/YYYY"]' in text
    assert "UNSURE: some days have the day first and some the month: DD/MM/YYYY is taken" in text
    checked = gb("--json", "import", "mine.toml", "t.csv", "--check").row
    assert (checked["malformed"], checked["refused"]) == (0, 0), checked["rejected"]


def test_a_name_that_fits_two_countries_is_a_guess(gb: Shell) -> None:
    lines = suggested(gb, PROJECTS.replace("Kenia", "Congo; Korea; Guinea")).splitlines()
    assert '"Congo" = "CG"   # GUESS: CD fits as well' in lines
    assert '"Korea" = "KR"   # GUESS: KP fits as well' in lines
    assert '"Guinea" = "GN"' in lines


def test_a_refusal_of_a_name_that_fits_two_countries_offers_both(gb: Shell) -> None:
    """In an import and in a command."""
    assert gb("template", "grants", "t.csv").code == 0
    table = (gb.folder / "t.csv").read_text("utf-8")
    (gb.folder / "t.csv").write_text(table.replace("TZ; UG", "Congo"), "utf-8")
    assert "did you mean CG or CD?" in gb("import", "grants", "t.csv", "--check").err
    words = "--title T --window stand_alone --providers IN --sector s --objective o --months 12 --amount 5"
    assert (
        "did you mean CG or CD?" in gb("grant", "propose", "G1", "--recipients", "Congo", *words.split()).err
    )


def test_a_known_name_with_the_mark_of_the_list_is_one_name(gb: Shell) -> None:
    """The mark is a comma, which the names that ISO and the World Bank write hold as well."""
    text = suggested(
        gb,
        "Grant,Title,Country,Proposed on,Amount\n"
        'A,T,"Tanzania, United Republic of",2017-01-02,5\n'
        'B,T,"Kenya, Korea, Rep.",2017-01-02,5\n'
        'C,T,"Kenya, Chile",2017-01-02,5\n',
    )
    for line in ('"Tanzania, United Republic of" = "TZ"', '"Korea, Rep." = "KR"', '"Kenya" = "KE"'):
        assert line in text.splitlines()
    assert 'split = ","' in text
    checked = gb("--json", "import", "mine.toml", "t.csv", "--check").row
    assert (checked["malformed"], checked["refused"]) == (0, 0), checked["rejected"]


SHORTENED = """\
Grant #,Project Name,Country,Partner Country,Approved Amt,Approval Dt,Paid,Paid Dt
S-1,Dairy co-ops,Kenya,India,"250,000.00",15/05/2017,"100,000.00",01/06/2017
S-2,Tax registers,Peru,Chile,"97,500.00",20/05/2017,"50,000.00",15/06/2017
"""
GERMAN = """\
Aktenzeichen;Projekttitel;Empfängerland;Geberland;Summe (USD);bewilligt am;ausgezahlt;Zahltag;Betreuer
S-1;Milch;Kenia;Chile;250.000,00;15.05.2017;100.000,00;01.06.2017;A. Kim
S-2;Steuern;Vietnam;Chile;97.500,50;20.05.2017;50.000,00;15.06.2017;A. Kim
"""


def sums_of_check(gb: Shell) -> dict[str, str]:
    """Return what the suggested map proposes and approves, after a trial that refuses nothing."""
    row = gb("--json", "import", "mine.toml", "t.csv", "--check").row
    assert (row["malformed"], row["refused"]) == (0, 0), row["rejected"]
    (sums,) = row["sums"]
    return {name: sums[name] for name in ("proposed", "approved")}


def test_what_was_paid_is_neither_the_amount_nor_the_day_of_a_grant(gb: Shell) -> None:
    """The headers are shortened."""
    text = suggested(gb, SHORTENED)
    for line in (
        "likely  \"Grant #\" is Grant: the header has 'grant number'",
        "UNSURE  \"Approved Amt\" is Amount: the header has 'approved amount'",
        "of ProposeGrant and of ApproveGrant; 'Paid' has amounts as well, and is not used",
        'likely  "Approval Dt" is Approved on',
        'UNSURE  "Paid" is not used',
        'UNSURE  "Paid Dt" is not used',
        "UNSURE: no header fits 'Proposed on': ProposeGrant is taken to be of the day in 'Approval Dt'",
    ):
        assert line in text
    assert sums_of_check(gb) == {"proposed": "347500.00", "approved": "347500.00"}


def test_what_was_paid_is_no_amount_of_a_grant_even_if_no_other_column_has_amounts(gb: Shell) -> None:
    text = suggested(gb, SHORTENED.replace("Approved Amt", "Mood").replace('"250,000.00"', "good"))
    assert 'UNSURE  "Paid" is not used: all 2 values are amounts' in text
    assert 'amount = "0 USD"' in text


def test_days_below_the_header_of_a_sum_are_no_amount(gb: Shell) -> None:
    text = suggested(gb, GERMAN.replace("250.000,00", "16.05.2017").replace("97.500,50", "21.05.2017"))
    assert '"Summe (USD)" is Amount' not in text
    assert '{ column = "Summe (USD)", zero = "keep" }' not in text


def test_a_second_column_of_countries_is_that_of_the_providers(gb: Shell) -> None:
    assert 'UNSURE  "Partner Country" is Providers' in suggested(gb, SHORTENED)
    assert '"Partner Country" is not used' in suggested(gb, SHORTENED.replace("India", "the ministry"))


def test_words_in_german_are_read(gb: Shell) -> None:
    text = suggested(gb, GERMAN)
    for line in (
        '"Geberland" is Providers',
        'likely  "bewilligt am" is Approved on',
        '"Zahltag" is not used',
    ):
        assert line in text
    assert sums_of_check(gb) == {"proposed": "347500.50", "approved": "347500.50"}


def test_words_in_french_are_read(gb: Shell) -> None:
    text = suggested(
        gb,
        "Dossier;Intitulé;Pays;Montant accordé;Date d'approbation;Montant versé;Date de versement\n"
        "1;Lait;Kenya;1 000,50;05/03/2016;500,00;06/04/2016\n",
    )
    for line in ('"Montant accordé" is Amount', '"Date d\'approbation" is Approved on'):
        assert line in text
    assert text.count("a table of payments has it") == 2
    assert sums_of_check(gb) == {"proposed": "1000.50", "approved": "1000.50"}


def test_a_day_after_the_approval_is_not_that_of_the_proposal(gb: Shell) -> None:
    """Its header says nothing, and it is before the approval in all rows but one."""
    rows = [f"G{number},T,2017-01-02,2017-01-01,5" for number in range(30)] + ["H,T,2017-01-02,2017-01-03,5"]
    table = "\n".join(["Grant,Title,Approved,Utbetalt,Amount", *rows])
    text = suggested(gb, table)
    assert 'UNSURE  "Utbetalt" is not used' in text
    assert "ProposeGrant is taken to be of the day in 'Approved'" in text
    assert 'UNSURE  "Utbetalt" is Proposed on' in suggested(gb, table.replace("2017-01-03", "2017-01-02"))
    named = suggested(gb, table.replace("Utbetalt", "Submitted"))
    assert "it is later than 'Approved' in 1 of 31 rows" in named


def test_a_table_whose_headers_say_nothing_gets_a_map_if_it_has_days(gb: Shell) -> None:
    text = suggested(
        gb, "Sak;Hva;Stat;Vedtatt;Ferdig\nS1;melk;KE;01.02.2017;03.04.2017\nS2;te;PE;02.02.2017;05.04.2017\n"
    )
    assert 'UNSURE  "Vedtatt" is Proposed on' in text
    assert "the first of 2, as 2 columns have days" in text
    assert 'UNSURE  "Stat" is Recipients' in text
    assert not [line for line in text.splitlines() if line.startswith(("#   sure", "#   likely"))]


def test_a_table_with_days_of_payments_alone_is_one_of_payments(gb: Shell) -> None:
    """More of its columns fit a grant, which would have no day."""
    text = suggested(gb, "Grant,Title,Sector,Months,Paid\nG1,Milk,farming,12,2017-01-02\n")
    assert "by the shipped map payments" in text


@pytest.mark.parametrize("mark", [".", ","])
def test_amounts_with_three_digits_after_their_only_mark_are_not_sure(gb: Shell, mark: str) -> None:
    """They may be a thousand times as much."""
    table = f"Grant;Title;Proposed on;Amount\nA;T;2016-01-01;1{mark}500\nB;T;2016-01-01;2{mark}250\n"
    text = suggested(gb, table)
    assert f"1500 if {mark!r} separates thousands, as is taken, 1.500 if it is the decimal mark" in text
    assert 'UNSURE  "Amount" is Amount' in text
    assert f'thousands = "{mark}"' in text
    other = suggested(gb, f"{table}C;T;2016-01-01;750\n")
    assert "a factor of 1,000" not in other
    assert 'sure    "Amount" is Amount' in other


def test_totals_to_date_are_those_of_running_grants(gb: Shell) -> None:
    """Without the day of the totals or the leader a grant is not brought forward: its approval is read."""
    header = "No;Project;Country;TTL;Status;Approved on;Start;End date;Approved;Paid to date;Reporting date"
    row = "R-1;Milk;Tanzania;t1;effective;20.01.2017;01.03.2017;28.02.2018;1.000,00;400,00;30.06.2017"
    text = suggested(gb, f"{header}\n{row}\n")
    assert 'command = "BringForward"' in text
    assert 'disbursed = { column = "Paid to date" }' in text
    for missing in ("TTL", "Reporting date"):
        text = suggested(gb, f"{header.replace(missing, 'Note')}\n{row}\n")
        assert 'command = "ApproveGrant"' in text
        assert "\"Paid to date\" is not used: its one value is an amount such as '400,00'; a table" in text


@pytest.mark.parametrize("word", ["Total", "SUM", "Grand total:", "Gesamt"])
def test_a_row_of_sums_is_left_out(gb: Shell, word: str) -> None:
    suggested(gb, f"{PROJECTS}{word},,,,,,12.251,,,,\n")
    row = gb("--json", "import", "mine.toml", "t.csv", "--check").row
    assert (row["malformed"], row["refused"]) == (0, 0), row["rejected"]


def test_a_project_whose_name_begins_like_a_sum_is_kept(gb: Shell) -> None:
    assert "leave_out" not in suggested(gb, PROJECTS.replace("Dairy co-ops", "Total sanitation"))


def test_approved_sums_are_amounts_and_approved_days_are_days(gb: Shell) -> None:
    text = suggested(gb, "Grant,Title,Recipients,Approved on,Approved\nX-1,Milk,TZ,2017-01-20,1000.00\n")
    assert text.count('amount = { column = "Approved", zero = "keep" }') == 2
    assert text.count('on = { column = "Approved on" }') == 2
