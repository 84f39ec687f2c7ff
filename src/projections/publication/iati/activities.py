"""Grants as IATI activities. The fund itself is an activity above them, with the money that partners gave."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from typing import IO

from lifecycle.book.book import Book
from lifecycle.fund import events as fund_events
from lifecycle.fund.partners.membership import names_of
from lifecycle.grant import events as was
from lifecycle.kernel.history import Entry
from lifecycle.policy.places.regions import name_of
from lifecycle.types.dates import plus_months
from lifecycle.types.money import Money
from lifecycle.types.stage import NOT_STATED
from projections.publication.bodies import Bodies, Body
from projections.publication.iati import codes
from projections.publication.iati.organisation import Years, write_organisation
from projections.publication.iati.xml import Xml
from projections.publication.iati.years import Period, spread
from projections.publication.publisher import Publisher
from projections.publication.walks import (
    COMMITMENT,
    REFUND,
    Dates,
    GrantOnDay,
    Movement,
    Progress,
    fund_on,
    grants_on,
    is_published,
    moment,
    web_address,
)


class Activities:
    """Writes the files of activities, and adds up what the file of the organisation needs."""

    def __init__(self, book: Book, dates: Dates, publisher: Publisher) -> None:
        self._book, self._dates, self._publisher = book, dates, publisher
        self._fund, self._fund_entries = fund_on(book, dates)
        self._bodies = Bodies(book, dates)
        self.years = Years(self._fund.fiscal_year_start)

    def write_grants(self, out: IO[str], progress: Progress | None = None, *, pipeline: bool = False) -> int:
        """Write an activity for each grant, and return how many there are.

        ``pipeline``: also for proposals that are not decided.
        """
        count = 0
        with self._file(out):
            for grant in grants_on(self._book, self._dates, progress):
                if is_published(grant, pipeline=pipeline):
                    self._write_grant(grant)
                    count += 1
        return count

    def write_fund(self, out: IO[str]) -> None:
        """Write the fund as an activity, in a file of its own: it is no grant."""
        with self._file(out):
            self._write_fund()

    @contextmanager
    def _file(self, out: IO[str]) -> Iterator[None]:
        self._xml = Xml(out)
        at = moment(self._book.recorded_at(self._dates.known))
        with self._xml.inside("iati-activities", version=codes.VERSION, generated_datetime=at):
            yield

    def write_organisation(self, out: IO[str]) -> None:
        """Write the file of the organisation, once the grants are written."""
        at = moment(self._book.recorded_at(self._dates.known))
        currency = self._fund.currency
        write_organisation(out, self._publisher, currency, self.years, as_of=self._dates.as_of, at=at)

    # ── parts of every activity ──────────────────────────────────────────────────────────────

    @contextmanager
    def _activity(self, identifier: str, title: str, description: str, level: str, at: str) -> Iterator[None]:
        xml, publisher = self._xml, self._publisher
        with xml.inside(
            "iati-activity",
            default_currency=self._fund.currency,
            xml__lang=publisher.language,
            hierarchy=level,
            last_updated_datetime=at,
        ):
            xml.element("iati-identifier", identifier)
            with xml.inside(
                "reporting-org", ref=publisher.identifier, type=publisher.type, secondary_reporter="0"
            ):
                xml.element("narrative", publisher.name)
            self._narrative("title", title)
            self._narrative("description", description, type="1")
            yield

    def _narrative(self, tag: str, text: str, **attributes: str | None) -> None:
        """Write an element with one text."""
        with self._xml.inside(tag, **attributes):
            self._xml.element("narrative", text)

    def _organisation(
        self, name: str, role: str, identifier: str | None = None, type_: str | None = None
    ) -> None:
        if identifier == self._publisher.identifier:
            type_ = self._publisher.type
        self._narrative("participating-org", name, ref=identifier, role=role, type=type_)

    def _publishers_roles(self, *roles: str) -> None:
        for role in roles:
            self._organisation(self._publisher.name, role, self._publisher.identifier)

    def _dates_of(self, dates: dict[str, date | None]) -> None:
        for type_, day in dates.items():
            if day is not None:
                self._xml.element("activity-date", type=type_, iso_date=str(day))

    def _transaction(
        self,
        entry: Entry,
        type_: str,
        value: Money,
        description: str,
        *,
        ref: str | None = None,
        provider: tuple[str, str | None] | None = None,
        receiver: tuple[str, str | None, str | None] | None = None,
    ) -> None:
        xml, on = self._xml, str(entry.on)
        with xml.inside("transaction", ref=ref):
            xml.element("transaction-type", code=type_)
            xml.element("transaction-date", iso_date=on)
            xml.element("value", f"{value.amount:f}", currency=value.currency, value_date=on)
            self._narrative("description", description)
            if provider is not None:
                self._narrative("provider-org", provider[0], ref=provider[1])
            if receiver is not None:
                self._narrative("receiver-org", receiver[0], ref=receiver[1], type=receiver[2])

    # ── the fund ─────────────────────────────────────────────────────────────────────────────

    @property
    def _fund_identifier(self) -> str:
        """The identifier of the fund's activity. No grant's id has a colon."""
        return f"{self._publisher.identifier}-fund:{self._fund.currency}"

    def _write_fund(self) -> None:
        entries = self._fund_entries
        names = names_of(entry.event for entry in entries)
        text = f"{self._fund.name}: what its partners give, from which its grants are paid."
        at = moment(entries[-1].recorded_at) if entries else moment(self._book.recorded_at(self._dates.known))
        with self._activity(self._fund_identifier, self._fund.name, text, "1", at):
            for partner, name in sorted(names.items()):
                self._organisation(name, codes.FUNDING, self._publisher.organisations.get(partner))
            self._publishers_roles(codes.ACCOUNTABLE, codes.EXTENDING)
            self._xml.element("activity-status", code=codes.IMPLEMENTATION)
            self._dates_of({codes.ACTUAL_START: self._fund.on})
            self._xml.element("recipient-region", vocabulary=codes.DAC, code=codes.DEVELOPING_COUNTRIES)
            self._xml.element("sector", vocabulary=codes.DAC, code=codes.MULTISECTOR)
            for entry in entries:
                self._fund_transaction(entry, names)

    def _fund_transaction(self, entry: Entry, names: dict[str, str]) -> None:
        event = entry.event
        partner = getattr(event, "partner", "")
        giver = (names.get(partner, partner), self._publisher.organisations.get(partner))
        us = (self._publisher.name, self._publisher.identifier)
        match event:
            case fund_events.ContributionPledged():
                self._transaction(entry, codes.INCOMING_PLEDGE, event.amount, "Pledge", provider=giver)
            case fund_events.ContributionAgreed():
                self._transaction(entry, codes.INCOMING_COMMITMENT, event.amount, "Agreement", provider=giver)
            case fund_events.InstalmentReceived():
                self._transaction(entry, codes.INCOMING_FUNDS, event.amount, "Contribution", provider=giver)
            case fund_events.FundsReturned():
                returned = Money(-event.amount.amount, event.amount.currency)
                self._transaction(entry, codes.INCOMING_FUNDS, returned, "Money returned", provider=giver)
            case fund_events.IncomeCredited():
                self._transaction(entry, codes.INCOMING_FUNDS, event.amount, "Investment income", provider=us)
            case fund_events.FeeCharged():
                self._transaction(entry, codes.EXPENDITURE, event.amount, "Fee of the trustee", provider=us)
            case _:
                return

    # ── grants ───────────────────────────────────────────────────────────────────────────────

    def _write_grant(self, of: GrantOnDay) -> None:
        grant, xml = of.grant, self._xml
        identifier = activity_identifier(self._publisher, grant.id)
        with self._activity(identifier, grant.title, grant.objective, "2", moment(of.updated_at)):
            self._participants(of)
            xml.element("activity-status", code=codes.status_of(grant))
            self._dates_of(
                {
                    codes.PLANNED_START: grant.approved_on or grant.proposed_on,
                    codes.ACTUAL_START: grant.effective_on,
                    codes.PLANNED_END: grant.closing_date,
                    codes.ACTUAL_END: _ended_on(of),
                }
            )
            self._recipients(grant.recipients)
            self._sectors(grant.sector)
            self._tags(of)
            xml.element("default-finance-type", code=codes.STANDARD_GRANT)
            self._budget(of)
            for movement in of.movements:
                self._grant_transaction(of, movement)
            self._stories(of)
            xml.element("related-activity", ref=self._fund_identifier, type=codes.PARENT)
            if grant.conditions:
                xml.element("conditions", attached="1")

    def _participants(self, of: GrantOnDay) -> None:
        grant, known = of.grant, self._publisher.organisations
        self._publishers_roles(codes.FUNDING, codes.EXTENDING)
        if grant.institution is not None:
            self._organisation(grant.institution, codes.IMPLEMENTING, known.get(grant.institution))
        elif not self._bodies.in_role(of, "implementing"):
            self._publishers_roles(codes.IMPLEMENTING)
        # Of IATI's roles only this one fits a body that gives or receives know-how.
        for body in self._bodies.in_role(of, "implementing", "providing", "receiving"):
            self._organisation(body.name, codes.IMPLEMENTING, body.identifier, body.type_code)
        for entry in of.entries:
            event = entry.event
            if isinstance(event, was.PartyInvolved):
                name = event.organization or name_of(event.country or NOT_STATED)
                role = codes.FUNDING if event.role == "financing" else codes.IMPLEMENTING
                self._organisation(name, role, known.get(name))

    def _recipients(self, recipients: tuple[str, ...]) -> None:
        """Write the countries, or the region of all developing countries if they are not stated.

        The percentages are equal, and add up to 100.
        """
        places = dict.fromkeys(recipients) or {NOT_STATED: None}
        left, regions = Decimal(100), list[str]()
        for number, country in enumerate(places):
            share = (left / (len(places) - number)).quantize(Decimal("0.01"))
            left -= share
            if country == NOT_STATED:
                regions.append(str(share))
            else:
                self._xml.element("recipient-country", code=country, percentage=str(share))
        for part in regions:
            self._xml.element(
                "recipient-region", vocabulary=codes.DAC, code=codes.DEVELOPING_COUNTRIES, percentage=part
            )

    def _sectors(self, sector: str) -> None:
        if purpose := self._publisher.sectors.get(sector):
            self._xml.element("sector", vocabulary=codes.DAC, code=purpose, percentage="100")
        vocabulary = codes.REPORTING_ORGANISATION
        self._narrative("sector", sector, vocabulary=vocabulary, code=sector, percentage="100")

    def _tags(self, of: GrantOnDay) -> None:
        """Write the window and the providers, for which IATI has no elements."""
        grant, vocabulary = of.grant, codes.REPORTING_ORGANISATION
        self._narrative("tag", grant.window, vocabulary=vocabulary, code=f"window:{grant.window}")
        for country in dict.fromkeys(grant.providers):
            self._narrative("tag", name_of(country), vocabulary=vocabulary, code=f"provider:{country}")

    def _budget(self, of: GrantOnDay) -> None:
        """Write the commitment spread over fiscal years, from effectiveness to the closing date.

        Before these, the day of approval and the months of the proposal count.
        """
        grant = of.grant
        start = grant.effective_on or grant.approved_on
        if not grant.committed or start is None:
            return
        end = grant.closing_date or plus_months(start, grant.months) - timedelta(days=1)
        period = Period(start, max(start, end))
        for year, part, share in spread(
            grant.committed, grant.currency, period, self._fund.fiscal_year_start
        ):
            self.years.add_budget(year, Decimal(share))
            with self._xml.inside("budget", type=codes.ORIGINAL, status=codes.INDICATIVE):
                self._xml.element("period-start", iso_date=str(part.start))
                self._xml.element("period-end", iso_date=str(part.end))
                self._xml.element("value", share, currency=grant.currency, value_date=str(start))

    def _grant_transaction(self, of: GrantOnDay, movement: Movement) -> None:
        amount, currency = movement.amount, of.grant.currency
        if movement.kind == COMMITMENT:
            value = Money(amount, currency)
            self._transaction(movement.entry, codes.OUTGOING_COMMITMENT, value, movement.text)
            return
        paid = -amount if movement.kind == REFUND else amount
        self.years.add_expenditure(movement.on, paid)
        payee = self._bodies.payee(of, movement)
        ref = self._publisher.organisations.get(payee.name)
        who = (payee.name, ref, None) if payee.body is None else _as_receiver(payee.body)
        self._transaction(
            movement.entry,
            codes.DISBURSEMENT,
            Money(paid, currency),
            movement.text,
            ref=movement.payment,
            receiver=who,
        )

    def _stories(self, of: GrantOnDay) -> None:
        """Write a link to each results story that has an address."""
        for entry in of.entries:
            event = entry.event
            if isinstance(event, was.ResultsStoryPublished) and (address := web_address(event.url)):
                with self._xml.inside("document-link", format="text/html", url=address):
                    self._narrative("title", event.title)
                    self._xml.element("category", code=codes.RESULTS)
                    self._xml.element("document-date", iso_date=str(event.on))


def _as_receiver(body: Body) -> tuple[str, str | None, str | None]:
    return body.name, body.identifier, body.type_code


def activity_identifier(publisher: Publisher, grant: str) -> str:
    """Return the grant's IATI identifier, which has no slash."""
    return f"{publisher.identifier}-{grant.replace('/', '%2F')}"


def _ended_on(of: GrantOnDay) -> date | None:
    """Return the day on which the exchange was complete, or on which a running grant ended early."""
    return of.grant.completed_on or (of.grant.ended_on if of.grant.effective_on else None)
