"""The rival: the same grants on eventsourcing alone, as its documentation shows it.

It has a declarative aggregate, the JSON transcoder with one more transcoding for days, the SQLite or
PostgreSQL module chosen by the environment, and a projection that keeps one table through
``ProjectionRunner``. Its events have the same fields. It has no rules, does not validate, checks no role, and
keeps no receipt.

`ExpertGrants` is the same application as somebody who knows the library well would set it up.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar
from uuid import NAMESPACE_URL, UUID, uuid5

from eventsourcing.application import Application
from eventsourcing.dispatch import singledispatchmethod
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import (
    InfrastructureFactory,
    JSONTranscoder,
    ListenNotifySubscription,
    Tracking,
    Transcoding,
)
from eventsourcing.projection import Projection, ProjectionRunner
from eventsourcing.sqlite import (
    SQLiteApplicationRecorder,
    SQLiteConnection,
    SQLiteConnectionPool,
    SQLiteDatastore,
    SQLiteFactory,
    SQLiteTrackingRecorder,
)
from eventsourcing.utils import Environment

Words = dict[str, Any]
Amount = dict[str, Any]
"""``{"amount": Decimal, "currency": str}``."""


class DayAsISO(Transcoding):
    """Stores a day as text."""

    type = date
    name = "day_iso"

    def encode(self, obj: date) -> str:
        return obj.isoformat()

    def decode(self, data: str) -> date:
        return date.fromisoformat(data)


class Fund(Aggregate):
    """The sum that is promised to grants."""

    @event("Established")
    def __init__(self, name: str) -> None:
        self.name = name
        self.committed = Decimal(0)

    @event("Committed")
    def commit(self, on: date, actor: str, grant: str, amount: Amount) -> None:
        self.committed += amount["amount"]

    @event("Released")
    def release(self, on: date, actor: str, grant: str, amount: Amount) -> None:
        self.committed -= amount["amount"]


class Grant(Aggregate):
    """One grant, from the proposal to its end."""

    @event("Proposed")
    def __init__(
        self,
        name: str,
        on: date,
        actor: str,
        title: str,
        window: str,
        recipients: list[str],
        providers: list[str],
        sector: str,
        objective: str,
        outcomes_sought: list[str],
        amount: Amount,
        months: int,
    ) -> None:
        self.name = name
        self.stage = "proposed"
        self.title, self.window, self.sector, self.objective = title, window, sector, objective
        self.recipients, self.providers = recipients, providers
        self.proposed, self.months = amount, months
        self.proposed_on = on
        self.preparers = [actor]
        self.committed = self.disbursed = self.refunded = Decimal(0)
        self.payments: dict[str, dict[str, Any]] = {}
        self.activities: dict[str, dict[str, Any]] = {}

    @staticmethod
    def create_id(name: str) -> UUID:
        """Make an id from a name, as the library's documentation does."""
        return uuid5(NAMESPACE_URL, f"/grants/{name}")

    @event("Requested")
    def request(self, on: date, actor: str, amount: Amount, budget: list[Any], letters: list[Any]) -> None:
        self.stage = "requested"
        self.requested, self.budget, self.letters = amount, budget, letters
        self.preparers.append(actor)

    @event("Reviewed")
    def review(self, on: date, actor: str, scores: dict[str, int], advice: str) -> None:
        self.reviewed_by = actor

    @event("Approved")
    def approve(self, on: date, actor: str, amount: Amount) -> None:
        self.stage = "approved"
        self.approved_on = on
        self.committed += amount["amount"]

    @event("Declined")
    def decline(self, on: date, actor: str, reason: str) -> None:
        self.stage = "declined"

    @event("Withdrawn")
    def withdraw(self, on: date, actor: str, reason: str) -> None:
        self.stage = "withdrawn"

    @event("Signed")
    def sign(self, on: date, actor: str) -> None:
        self.stage = "signed"

    @event("MadeEffective")
    def make_effective(self, on: date, actor: str, closing_date: date) -> None:
        self.stage = "effective"
        self.effective_on, self.closing_date = on, closing_date

    @event("Cancelled")
    def cancel(self, on: date, actor: str, reason: str) -> None:
        self.stage = "cancelled"

    @event("ActivityPlanned")
    def plan(
        self,
        on: date,
        actor: str,
        activity: str,
        instrument: str,
        countries: list[str],
        starts: date,
        ends: date,
    ) -> None:
        self.activities[activity] = {"status": "planned", "instrument": instrument, "ends": ends}

    @event("ActivityHeld")
    def hold(
        self, on: date, actor: str, activity: str, starts: date, ends: date, participants: list[Any]
    ) -> None:
        self.activities.setdefault(activity, {}).update(status="held", held_on=ends)

    @event("PaymentRequested")
    def request_payment(
        self, on: date, actor: str, payment: str, payee: str, category: str, amount: Amount
    ) -> None:
        self.payments[payment] = {"status": "requested", "requested": amount["amount"], "requested_by": actor}

    @event("PaymentAuthorised")
    def authorise(self, on: date, actor: str, payment: str) -> None:
        self.payments[payment].update(status="authorised", authorised_by=actor)

    @event("FundsDisbursed")
    def disburse(self, on: date, actor: str, payment: str, amount: Amount) -> None:
        self.payments[payment].update(status="disbursed", disbursed=amount["amount"])
        self.disbursed += amount["amount"]

    @event("Corrected")
    def correct(self, on: date, actor: str, entry: int, reads: Words, reason: str) -> None:
        self.corrected = entry

    @event("RefundReceived")
    def refund(self, on: date, actor: str, payment: str, amount: Amount) -> None:
        self.refunded += amount["amount"]

    @event("Completed")
    def complete(self, on: date, actor: str) -> None:
        self.stage = "follow_up"

    @event("Surveyed")
    def survey(self, on: date, actor: str, respondents: int) -> None:
        self.respondents = respondents

    @event("ReportSubmitted")
    def submit_report(self, on: date, actor: str, summary: str) -> None:
        self.report_by = actor

    @event("ReportAccepted")
    def accept_report(self, on: date, actor: str) -> None:
        self.report_accepted_on = on

    @event("BalanceCancelled")
    def cancel_balance(self, on: date, actor: str, amount: Amount, reason: str) -> None:
        self.committed -= amount["amount"]

    @event("Closed")
    def close(self, on: date, actor: str) -> None:
        self.stage = "closed"


METHODS = {
    "RequestFunding": Grant.request,
    "ReviewProposal": Grant.review,
    "ApproveGrant": Grant.approve,
    "DeclineProposal": Grant.decline,
    "WithdrawProposal": Grant.withdraw,
    "SignAgreement": Grant.sign,
    "MakeEffective": Grant.make_effective,
    "CancelGrant": Grant.cancel,
    "PlanActivity": Grant.plan,
    "HoldActivity": Grant.hold,
    "RequestPayment": Grant.request_payment,
    "AuthorisePayment": Grant.authorise,
    "DisburseFunds": Grant.disburse,
    "CorrectEntry": Grant.correct,
    "RecordRefund": Grant.refund,
    "CompleteImplementation": Grant.complete,
    "RecordClientSurvey": Grant.survey,
    "SubmitCompletionReport": Grant.submit_report,
    "AcceptCompletionReport": Grant.accept_report,
    "CancelBalance": Grant.cancel_balance,
    "CloseGrant": Grant.close,
}
"""The method for each command of ``lives.py`` on a grant."""


class Grants(Application[UUID]):
    """The application, as in the examples of the documentation."""

    name = "rival"

    def register_transcodings(self, transcoder: JSONTranscoder) -> None:
        super().register_transcodings(transcoder)
        transcoder.register(DayAsISO())


def sqlite_env(file: Any) -> dict[str, str]:
    """Return the library's settings for a SQLite file: WAL, and SQLite's default, ``synchronous=FULL``."""
    return {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(file)}


class CachingPool(SQLiteConnectionPool):
    """Connections that keep their compiled statements.

    The library passes ``cached_statements=True``, which `sqlite3` takes as one statement.
    """

    def _create_connection(self) -> SQLiteConnection:
        raw = sqlite3.connect(self.db_name, isolation_level=None, check_same_thread=False)
        raw.execute("PRAGMA journal_mode=WAL")
        raw.row_factory = sqlite3.Row
        return SQLiteConnection(sqlite_conn=raw, max_age=self.max_age)


class CachingFactory(SQLiteFactory):
    """The library's SQLite module with these connections."""

    def __init__(self, env: Environment) -> None:
        super().__init__(env)
        self.datastore.pool = CachingPool(db_name=self.datastore.pool.db_name)


class SnapshotGrants(Grants):
    """The application with a snapshot of each grant at every twentieth event."""

    name = "rival"
    is_snapshotting_enabled = True
    snapshotting_intervals: ClassVar = {Grant: 20}


class ExpertGrants(SnapshotGrants):
    """The application in a file, with these snapshots and connections."""

    name = "rival"

    def construct_factory(self, env: Environment) -> InfrastructureFactory[Any]:
        return CachingFactory(env)


# ── the same lives ───────────────────────────────────────────────────────────────────────────


def arguments(words: Words) -> Words:
    """Return a command's fields as values: days, amounts, without the envelope."""
    left_out = ("command_id", "command", "grant")
    return {name: _value(value) for name, value in words.items() if name not in left_out}


def _value(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _value(field) for name, field in value.items()}
    if isinstance(value, list):
        return [_value(item) for item in value]
    if isinstance(value, str) and value.endswith(" USD"):
        return {"amount": Decimal(value[:-4]), "currency": "USD"}
    if isinstance(value, str) and len(value) == 10 and value[4] == value[7] == "-":
        return date.fromisoformat(value)
    return value


def events(commands: Iterable[Words]) -> Iterator[Any]:
    """Yield the events of the lives and of the fund's commitments, in their order."""
    fund = Fund("Lives")
    grants: dict[str, Grant] = {}
    yield from fund.collect_events()
    for words in commands:
        if "grant" not in words:
            continue
        name, fields = words["grant"], arguments(words)
        if words["command"] == "ProposeGrant":
            grants[name] = grant = Grant(name=name, **fields)
        else:
            grant = grants[name]
            METHODS[words["command"]](grant, **fields)
        yield from grant.collect_events()
        common = {"on": fields["on"], "actor": fields["actor"], "grant": name}
        if words["command"] == "ApproveGrant":
            fund.commit(**common, amount=fields["amount"])
        elif words["command"] == "CancelBalance":
            fund.release(**common, amount=fields["amount"])
        elif words["command"] == "CancelGrant":
            fund.release(**common, amount={"amount": grant.committed, "currency": "USD"})
        yield from fund.collect_events()


# ── one projection ───────────────────────────────────────────────────────────────────────────


class FollowedRecorder(SQLiteApplicationRecorder):
    """The library's SQLite recorder, with the library's subscription that polls: it has none."""

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Any:
        return ListenNotifySubscription(recorder=self, gt=gt, topics=topics)


class FollowedFactory(SQLiteFactory):
    application_recorder_class = FollowedRecorder


class FollowedGrants(Grants):
    """The same application, with a recorder that can be followed."""

    name = "rival"

    def construct_factory(self, env: Environment) -> InfrastructureFactory[Any]:
        return FollowedFactory(env)


class Disbursements(SQLiteTrackingRecorder):
    """A materialised view: the money of each grant in one row, kept as in the documentation's examples."""

    def construct_create_table_statements(self) -> list[str]:
        columns = "grant_id TEXT PRIMARY KEY, committed INT, disbursed INT"
        statement = f"CREATE TABLE IF NOT EXISTS disbursements ({columns})"
        return [*super().construct_create_table_statements(), statement]

    def add(self, grant: UUID, tracking: Tracking, committed: Decimal, disbursed: Decimal) -> None:
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute(
                "INSERT INTO disbursements VALUES (?, ?, ?) ON CONFLICT (grant_id) DO UPDATE SET"
                " committed = committed + excluded.committed, disbursed = disbursed + excluded.disbursed",
                (grant.hex, int(committed * 100), int(disbursed * 100)),
            )


class LightPool(SQLiteConnectionPool):
    """Connections whose commits do not wait for the disk, as the commits of the book's views do not."""

    def _create_connection(self) -> SQLiteConnection:
        connection = super()._create_connection()
        connection.cursor().execute("PRAGMA synchronous=NORMAL")
        return connection


class LightDisbursements(Disbursements):
    """The same view, whose commits do not wait for the disk either."""

    def __init__(self, datastore: SQLiteDatastore, **kwargs: Any) -> None:
        datastore.pool = LightPool(db_name=datastore.pool.db_name)
        super().__init__(datastore, **kwargs)


class DisbursementProjection(Projection[Disbursements]):
    """Projects the events one by one, and commits each with its position, as the library does."""

    @singledispatchmethod
    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        self.view.insert_tracking(tracking)

    @process_event.register
    def approved(self, domain_event: Grant.Approved, tracking: Tracking) -> None:
        self.view.add(domain_event.originator_id, tracking, domain_event.amount["amount"], Decimal(0))

    @process_event.register
    def cancelled(self, domain_event: Grant.BalanceCancelled, tracking: Tracking) -> None:
        self.view.add(domain_event.originator_id, tracking, -domain_event.amount["amount"], Decimal(0))

    @process_event.register
    def disbursed(self, domain_event: Grant.FundsDisbursed, tracking: Tracking) -> None:
        self.view.add(domain_event.originator_id, tracking, Decimal(0), domain_event.amount["amount"])


def project(store: Path, view: Path, view_class: type[Disbursements] = Disbursements) -> None:
    """Project all events to the view with ``ProjectionRunner``."""
    for old_file in view.parent.glob(f"{view.name}*"):
        old_file.unlink()
    env = {
        **sqlite_env(store),
        "DISBURSEMENTPROJECTION_SQLITE_DBNAME": str(view),
    }
    with ProjectionRunner(
        application_class=FollowedGrants,
        projection_class=DisbursementProjection,
        view_class=view_class,
        env=env,
    ) as runner:
        runner.wait(runner.app.recorder.max_notification_id(), timeout=3600)
