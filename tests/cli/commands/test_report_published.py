"""Published figures stand beside those that the book gives for the same day."""

import pytest

from support.cli_shell import Shell

HEAD = "figure,day,published,report,by,row,column,source,explanation\n"


def file_of(shell: Shell, *lines: str) -> str:
    path = shell.folder / "published.csv"
    path.write_text(HEAD + "".join(f"{line}\n" for line in lines), "utf-8")
    return str(path)


def test_each_figure_has_the_computed_one_and_the_difference(lived: Shell) -> None:
    file = file_of(
        lived,
        'Grants approved,2017-12-31,2,countries,,,grants,"Annual report, p. 3",One was not brought in',
        "Countries that take part,2017-12-31,3,countries,,,receiving + providing - both,S4,",
        "Tanzania receives,2017-12-31,1,countries,,TZ,receiving,S4,",
        "Before its approval,2010-01-01,0,countries,,TZ,receiving,S4,",
        "Of one window,2017-12-31,90000.00,cohorts,window,stand_alone,average,S4,",
    )
    result = lived("--json", "report", "published", file)
    assert result.code == 0, result.err
    found = [(row["published"], row["computed"], row["difference"]) for row in result.rows]
    assert found[:4] == [("2", "1", "-1"), ("3", "3", "0"), ("1", "1", "0"), ("0", None, None)]
    assert found[4][0] == "90000.00"
    assert found[4][1] is not None
    assert result.rows[0]["source"] == "Annual report, p. 3"
    assert result.rows[1]["report"] == "countries: receiving + providing - both"
    assert "Each figure as of its own day" in lived("report", "published", file).out


def test_figures_are_computed_as_they_were_known(lived: Shell) -> None:
    file = file_of(lived, "Grants approved,2017-12-31,1,countries,,,grants,S4,")
    (row,) = lived("--json", "report", "published", file, "--known", "3").rows
    assert (row["computed"], row["difference"]) == ("0", "-1")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("Grants,2017-12-31,1,countrys,,,grants,S4,", "line 2, report: there is no report countrys"),
        ("Grants,2017-12-31,1,countries,windw,,grants,S4,", "line 2, by: windw is not a key of countries"),
        (
            "Grants,2017-12-31,1,countries,,,grant,S4,",
            "line 2, column: countries has no column of numbers 'grant'; did you mean grants",
        ),
        (
            "Grants,2017-12-31,1,countries,,,name,S4,",
            "line 2, column: countries has no column of numbers 'name'",
        ),
        ("Grants,2017-13-31,1,countries,,,grants,S4,", "line 2, day:"),
        ('Grants,2017-12-31,"9,516",countries,,,grants,S4,', "line 2, published: '9,516' is no number"),
        ("Grants,2017-12-31,9,516,countries,,,grants,S4,", "line 2, figure: a line has 9 cells"),
        (
            "Grants,2017-12-31,1,countries,,,grants * 2,S4,",
            "line 2, column: 'grants * 2' is not names of columns",
        ),
        ("Grants,2017-12-31,1,countries,,,grants,,", "line 2, source: is empty"),
    ],
)
def test_a_fault_is_named_with_its_line_and_field(lived: Shell, line: str, message: str) -> None:
    result = lived("report", "published", file_of(lived, line))
    assert (result.code, result.out) == (2, "")
    assert message in " ".join(result.err.split())


def test_a_file_with_other_columns_is_refused(lived: Shell) -> None:
    (lived.folder / "other.csv").write_text("a,b\n1,2\n", "utf-8")
    result = lived("report", "published", "other.csv")
    assert (result.code, result.out) == (2, "")
    assert "line 1: the columns must be: figure, day, published" in " ".join(result.err.split())
