"""The publisher as an IATI organisation: its budget and its expenditure by fiscal year."""

from datetime import date
from decimal import Decimal
from typing import IO

from projections.publication.iati import codes
from projections.publication.iati.xml import Xml
from projections.publication.iati.years import Period, fiscal_year_of
from projections.publication.publisher import Publisher


class Years:
    """What is budgeted and what is spent in each fiscal year, added up while activities are written."""

    def __init__(self, starts_in: int) -> None:
        self._starts_in = starts_in
        self.budgets: dict[Period, Decimal] = {}
        self.expenditures: dict[Period, Decimal] = {}

    def add_budget(self, year: Period, amount: Decimal) -> None:
        """Add a part of an activity's budget."""
        self.budgets[year] = self.budgets.get(year, Decimal(0)) + amount

    def add_expenditure(self, on: date, amount: Decimal) -> None:
        """Add what was paid on a day; below zero, it came back."""
        year = fiscal_year_of(on, self._starts_in)
        self.expenditures[year] = self.expenditures.get(year, Decimal(0)) + amount


def write_organisation(
    out: IO[str], publisher: Publisher, currency: str, years: Years, *, as_of: date, at: str
) -> None:
    """Write the file of the organisation. ``at``: when the newest entry was recorded."""
    xml = Xml(out)
    with (
        xml.inside("iati-organisations", version=codes.VERSION, generated_datetime=at),
        xml.inside(
            "iati-organisation",
            default_currency=currency,
            xml__lang=publisher.language,
            last_updated_datetime=at,
        ),
    ):
        xml.element("organisation-identifier", publisher.identifier)
        with xml.inside("name"):
            xml.element("narrative", publisher.name)
        with xml.inside(
            "reporting-org", ref=publisher.identifier, type=publisher.type, secondary_reporter="0"
        ):
            xml.element("narrative", publisher.name)
        for year, amount in sorted(years.budgets.items()):
            with xml.inside("total-budget", status=codes.INDICATIVE):
                _period(xml, year, amount, currency, min(as_of, year.start))
        for year, amount in sorted(years.expenditures.items()):
            with xml.inside("total-expenditure"):
                _period(xml, year, amount, currency, min(as_of, year.end))


def _period(xml: Xml, year: Period, amount: Decimal, currency: str, valued_on: date) -> None:
    xml.element("period-start", iso_date=str(year.start))
    xml.element("period-end", iso_date=str(year.end))
    xml.element("value", f"{amount:f}", currency=currency, value_date=str(valued_on))
