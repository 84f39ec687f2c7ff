"""SQLAlchemy's tables of the views, made from `projections.schema.layout`."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Dialect,
    Integer,
    MetaData,
    Table,
    Text,
    select,
)
from sqlalchemy.schema import CreateTable

from projections.schema import directory_layout, layout
from projections.schema.table_layout import StoredType, TableLayout

_TYPES: dict[StoredType, Any] = {
    StoredType.TEXT: Text().with_variant(Text(collation="C"), "postgresql"),
    StoredType.INTEGER: Integer,
    StoredType.BIG_INTEGER: BigInteger,
    StoredType.BOOLEAN: Boolean,
}


def _table(table: TableLayout, into: MetaData, prefix: str = "") -> Table:
    columns = [
        Column(
            column.name,
            _TYPES[column.type],
            primary_key=column.is_key,
            nullable=column.is_nullable,
            autoincrement=False,
        )
        for column in table.columns
    ]
    return Table(prefix + table.name, into, *columns, sqlite_with_rowid=table.has_long_rows)


def creation_of(table: TableLayout, dialect: Dialect, prefix: str = "") -> str:
    """Return the statement that creates the table."""
    return str(CreateTable(_table(table, MetaData(), prefix)).compile(dialect=dialect))


metadata = MetaData()

register_spans = _table(layout.register_spans, metadata)
sector_names = _table(layout.sector_names, metadata)
money_flows = _table(layout.money_flows, metadata)
payment_spans = _table(layout.payment_spans, metadata)
budget_spans = _table(layout.budget_spans, metadata)
window_findings = _table(layout.window_findings, metadata)
obligation_steps = _table(layout.obligation_steps, metadata)
call_answers = _table(layout.call_answers, metadata)
call_scores = _table(layout.call_scores, metadata)
call_spans = _table(layout.call_spans, metadata)
institution_spans = _table(directory_layout.institution_spans, metadata)
offer_spans = _table(directory_layout.offer_spans, metadata)
need_spans = _table(directory_layout.need_spans, metadata)
story_uses = _table(directory_layout.story_uses, metadata)
outcome_spans = _table(layout.outcome_spans, metadata)
exchange_activities = _table(layout.exchange_activities, metadata)
exchange_participants = _table(layout.exchange_participants, metadata)
named_institutions = _table(directory_layout.named_institutions, metadata)
involved_parties = _table(layout.involved_parties, metadata)
engaged_experts = _table(layout.engaged_experts, metadata)
client_surveys = _table(layout.client_surveys, metadata)
side_flows = _table(layout.side_flows, metadata)
attached_documents = _table(layout.attached_documents, metadata)
follow_up_spans = _table(layout.follow_up_spans, metadata)
progress_ratings = _table(layout.progress_ratings, metadata)
indicator_spans = _table(layout.indicator_spans, metadata)
library_texts = _table(layout.library_texts, metadata)
grant_standing = _table(layout.grant_standing, metadata)
fund_flows = _table(layout.fund_flows, metadata)
fund_agreements = _table(layout.fund_agreements, metadata)
fund_partners = _table(layout.fund_partners, metadata)
fund_partner_changes = _table(layout.fund_partner_changes, metadata)
fund_pledges = _table(layout.fund_pledges, metadata)
fund_set_asides = _table(layout.fund_set_asides, metadata)
fund_instalments = _table(layout.fund_instalments, metadata)
fund_consultations = _table(layout.fund_consultations, metadata)
fund_officers = _table(layout.fund_officers, metadata)
fund_documents = _table(layout.fund_documents, metadata)
fund_windows = _table(layout.fund_windows, metadata)
fund_details = _table(layout.fund_details, metadata)
seat_offsets = _table(layout.seat_offsets, metadata)
tracking = _table(layout.tracking, metadata)
left_out = _table(layout.left_out, metadata)
views_format = _table(layout.views_format, metadata)


def holding(connection: Connection) -> tuple[str, int]:
    """Return the holding currency and its scale; no currency if the views have no fund yet."""
    row = connection.execute(select(fund_details.c.currency, fund_details.c.scale)).first()
    return ("", 1) if row is None else (row[0], row[1])
