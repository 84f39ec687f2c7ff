"""``report NAME --sql`` prints the select, which another program runs on the views."""

from contextlib import closing

import pytest

from support.cli_shell import Shell
from support.reading import raw_views

WHEN = ("--as-of", "2017-12-31")


@pytest.mark.case("K8")
@pytest.mark.both_stores
@pytest.mark.parametrize(
    "words",
    [
        ("register",),
        ("disbursement", "--grant", "G-1"),
        ("timeline",),
        ("timeline", "--due-within", "90"),
        ("windows",),
        ("fund",),
        ("outcomes", "--by", "outcome"),
        ("disbursement", "--sector", "Agriculture", "--partner", "DK", "--from", "2017-01-01"),
        ("fund", "--partner", "DK"),
    ],
    ids=" ".join,
)
def test_the_printed_query_gives_the_rows_of_the_report(lived: Shell, words: tuple[str, ...]) -> None:
    done = lived("report", *words, *WHEN, "--sql")
    assert done.code == 0, done.err
    rows = lived("--json", "report", *words, *WHEN).rows
    with closing(raw_views(lived.place, read_only=True)) as connection:
        cursor = connection.execute(done.out)
        names = [column[0] for column in cursor.description]
        found = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    texts = [name for name in names if rows and not isinstance(rows[0][name], list | bool)]
    assert [[row[name] for name in texts] for row in found] == [[row[name] for name in texts] for row in rows]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("register", "--known", "3"), "leave --known out"),
        (("register", "--format", "csv"), "leave --format out"),
        (("stages",), "report stages is computed from several queries"),
        (("register", "--window", "standalone"), "did you mean stand_alone?"),
        (("fund", "--stage", "closed"), "it takes --partner"),
    ],
)
def test_what_is_not_one_query_of_the_views_is_malformed(
    lived: Shell, words: tuple[str, ...], message: str
) -> None:
    done = lived("report", *words, "--sql")
    assert (done.code, done.out) == (2, "")
    assert message in done.err
