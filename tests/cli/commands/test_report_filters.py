"""The options that limit a report, as they are typed."""

import pyarrow.parquet as pq
import pytest

from support.cli_shell import Shell

WHEN = ("--as-of", "2017-12-31")


def test_a_report_says_what_it_is_limited_to(lived: Shell) -> None:
    words = ("--window", "stand_alone", "--country", "TZ", "--from", "2017-01-01", "--to", "2017-12-31")
    result = lived("report", "disbursement", *words, *WHEN)
    assert result.code == 0, result.err
    assert "Only: window stand_alone, country TZ, from 2017-01-01, to 2017-12-31." in result.out
    assert "undisbursed" not in result.out


@pytest.mark.parametrize("words", ["value", "outcomes", "disbursement --by fiscal-year", "entries"])
def test_a_report_of_one_grant_says_so(lived: Shell, words: str) -> None:
    result = lived("report", *words.split(), "--grant", "G-1", *WHEN)
    assert "Only: grant G-1." in result.out + result.err


def test_a_parquet_file_says_what_it_is_limited_to(lived: Shell) -> None:
    assert lived("report", "register", "--sector", "agriculture", "--output", "r.parquet").code == 0
    metadata = pq.read_schema(lived.folder / "r.parquet").metadata
    assert metadata[b"only"] == b"Only: sector agriculture."
    assert lived("report", "register", "--output", "r.parquet").code == 0
    assert b"only" not in pq.read_schema(lived.folder / "r.parquet").metadata


def test_lists_take_the_same_filters(lived: Shell) -> None:
    assert len(lived("--json", "payment", "list", "--sector", "agriculture", *WHEN).rows) == 1
    assert lived("--json", "payment", "list", "--from", "2017-12-01", *WHEN).rows == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("fund --stage closed", "stage: report fund has no rows by stage; it takes --partner"),
        (
            "register --from 2017-01-01",
            "from: report register is about a day, not a period; it takes --window",
        ),
        ("payments --from 2017-13-01", "--from"),
        ("payments --country Kenya", "did you mean KE?"),
        ("payments --sector agricultur", "did you mean agriculture?"),
    ],
)
def test_what_a_report_cannot_be_limited_to_is_refused(lived: Shell, words: str, message: str) -> None:
    result = lived("report", *words.split(), *WHEN)
    assert (result.code, result.out) == (2, "")
    assert message in result.err


def test_help_shows_the_filters_that_a_report_takes(lived: Shell) -> None:
    of_fund, of_payments = (lived("report", name, "--help").out for name in ("fund", "payments"))
    assert "--partner" in of_fund
    assert "--stage" not in of_fund
    assert "--stage" in of_payments
    assert "--from" in of_payments
