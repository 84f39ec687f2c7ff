"""The tables of the views: columns, types and keys, declared once.

The statements that write rows are made from this declaration alone. `projections.schema.tables` makes
SQLAlchemy's tables of it, for the schema and for reports. A command that records does without those, because
importing SQLAlchemy takes longer than recording.

Every table holds dated rows. A row with ``since`` and ``until`` holds from the first day to the day before
the second; a flow happened on its day. Days are ISO text, which sorts by date and is what reports show.
Amounts are whole minor units, so that sums are exact. ``scale`` says how many minor units make one unit of
the currency (100 for USD).
"""

from projections.schema import directory_layout
from projections.schema.table_layout import BIG_INTEGER, BOOLEAN, DECLARED, INTEGER, TEXT, TableColumn
from projections.schema.table_layout import declared as _table
from projections.schema.table_layout import key as _key
from projections.schema.table_layout import needed as _needed
from projections.schema.table_layout import texts as _texts

SHADOW = "new_"
"""The prefix of the names of shadow tables, which a rebuild fills."""
TABLES = DECLARED
"""Every table by its name."""


register_spans = _table(
    "register_spans",
    _key("grant"),
    _key("n", INTEGER),
    *_texts("since", "until", "title", "window", "edition", "stage", "suspended", "sector"),
    *_texts("recipients", "providers", "proposed_on", "approved_on", "signed_on", "effective_on"),
    *_texts("closing_date", "completed_on", "closed_on", "ended_on", "operation", "rating", "sector_key"),
    *_texts(
        "leader", "deputies", "operation_kind", "declined_for", "institutions", "requested_on", "follows"
    ),
    _needed("asked", BIG_INTEGER),
)
"""A grant's state, from day to day. Countries are JSON lists. ``asked`` is the amount that it asks for.
Grants with the same ``sector_key`` are of one sector."""

sector_names = _table(
    "sector_names",
    _key("grant"),
    _key("n", INTEGER),
    *_texts("since", "sector_key", "sector"),
    _needed("position", BIG_INTEGER),
)
"""Each spelling of a sector, with its first day and the position of its entry."""

money_flows = _table(
    "money_flows",
    _key("grant"),
    _key("n", INTEGER),
    *_texts("on", "kind"),
    _needed("amount", BIG_INTEGER),
    *_texts("undone_on", "follows"),
)
"""Amounts that were committed, requested, paid and given back, and changes of the overpaid amount; in minor
units. A failed payment has a row on each of its two days; ``undone_on`` of the first names the second. A row
that takes back an earlier flow (a refund, a failure, a rejection) has that flow's day in ``follows``."""

payment_spans = _table(
    "payment_spans",
    _key("grant"),
    _key("n", INTEGER),
    *_texts("since", "until", "payment", "category", "payee", "payee_institution", "method", "status"),
    *(TableColumn(name, BIG_INTEGER) for name in ("asked", "authorised")),
    *(_needed(name, BIG_INTEGER) for name in ("disbursed", "failed", "refunded", "overpaid")),
    *(_needed(name, BIG_INTEGER) for name in ("documented", "ineligible", "due_back")),
    *_texts("asked_on", "asked_by", "authorised_on", "authorised_by", "paid_on", "paid_by", "failed_on"),
    *_texts("recorder", "recorded_at", "irregular"),
)
"""Each payment's state, from day to day, with amounts in minor units. ``recorder`` and ``recorded_at`` are of
the newest entry about it. ``irregular`` is the name of the refusal whose rule an irregular payment broke."""

budget_spans = _table(
    "budget_spans",
    _key("grant"),
    _key("n", INTEGER),
    _needed("place", INTEGER),
    *_texts("since", "until", "line", "kind"),
    TableColumn("capacity", BOOLEAN),
    *(_needed(name, BIG_INTEGER) for name in ("approved", "reallocated", "requested", "disbursed")),
    _needed("refunded", BIG_INTEGER),
    TableColumn("left", BIG_INTEGER),
)
"""Each budget line's state, from day to day, with amounts in minor units; ``place`` is its place in the
budget. A row without a line has the payments that take from none."""

window_findings = _table(
    "window_findings",
    _key("grant"),
    _key("n", INTEGER),
    *_texts("since", "until", "window", "edition", "rule", "figure", "limit"),
    TableColumn("complies", BOOLEAN),
    *_texts("waived_by", "waived_on", "waiver"),
)
"""Each rule of a grant's window, with the figure that decides it, and the waiver that covers a breach."""

obligation_steps = _table(
    "obligation_steps",
    _key("grant"),
    _key("n", INTEGER),
    *_texts("since", "until", "obligation", "item", "triggered_on", "due_on", "met_from", "met_on"),
    *_texts("excused", "left_on", "superseded"),
)
"""Each obligation's dates. Those of the fund have an empty ``grant``.

The trigger and the due date count from ``triggered_on`` on. ``met_on`` counts from ``met_from`` on, the day
from which the obligation counts as met, which can be later. ``excused`` is ``waived``, ``missed``,
``not_applicable`` or ``not_asked`` (the edition does not ask for it). ``left_on`` is the day on which the
grant left the stages in which the obligation can be met. ``superseded`` is a JSON list of days, or null."""

call_answers = _table(
    "call_answers",
    _key("grant"),
    _key("n", INTEGER),
    *_texts("since", "until", "call", "stage"),
    _needed("asked", BIG_INTEGER),
    _needed("selected", BIG_INTEGER),
    _needed("ended", BOOLEAN),
    *_texts("countries"),
)
"""The state of a grant that answers a call, from day to day: ``asked`` is the amount that it asks for,
``selected`` what it took of the envelope.

``countries`` is a JSON list of its recipients and providers; ``ended`` says that it was declined, withdrawn,
lapsed or cancelled."""

call_scores = _table(
    "call_scores",
    _key("grant"),
    _key("n", INTEGER),
    *_texts("on", "call", "criterion"),
    _needed("hundredths", BIG_INTEGER),
)
"""The points that a review gave for a criterion, in hundredths of a point."""

call_spans = _table(
    "call_spans",
    _key("call"),
    _key("n", INTEGER),
    *_texts("since", "until", "title", "window", "criteria", "opens", "closes", "closed_on"),
    _needed("envelope", BIG_INTEGER),
)
"""A call's terms, from day to day. ``criteria`` is a JSON list."""

outcome_spans = _table(
    "outcome_spans",
    _key("grant"),
    _key("n", INTEGER),
    *_texts("since", "until", "kind", "name", "evidence"),
)
"""Outcomes that a grant sought and achieved, its concrete results and its lessons: ``kind`` is ``sought``,
``achieved``, ``result`` or ``lesson``. A lesson has no name."""

exchange_activities = _table(
    "exchange_activities",
    _key("grant"),
    _key("n", INTEGER),
    *_texts("since", "until", "activity", "instrument", "status", "starts", "ends", "held_on", "countries"),
    *_texts("hosts", "giving", "receiving", "institutions", "starts_at"),
    TableColumn("minutes", INTEGER),
    *_texts("sites", "direction", "initiated_by", "topics", "agenda"),
    _needed("moves", INTEGER),
    TableColumn("cost", BIG_INTEGER),
    TableColumn("cost_scale", INTEGER),
    *_texts("cost_currency"),
)
"""Each activity's state, from day to day: ``planned``, ``held`` or ``cancelled``; ``moves`` counts how often
it was rescheduled. Countries (of one that was held: those that took part), hosts, ``giving``, ``receiving``
and sites are JSON lists. The cost is known once the activity is held."""

exchange_participants = _table(
    "exchange_participants",
    _key("grant"),
    _key("n", INTEGER),
    *_texts("since", "activity", "instrument", "country"),
    *(_needed(name, INTEGER) for name in ("women", "men", "not_stated")),
)
"""How many people took part in an activity that was held, by country."""

involved_parties = _table(
    "involved_parties", _key("grant"), _key("n", INTEGER), *_texts("since", "role", "country", "organization")
)
"""The countries and organizations that facilitate or finance an exchange between others."""

engaged_experts = _table(
    "engaged_experts",
    _key("grant"),
    _key("n", INTEGER),
    *_texts("since", "expert", "phases"),
    TableColumn("days", INTEGER),
    *_texts("country"),
)
"""The experts that help with an exchange, by opaque id. ``phases`` is a JSON list."""

client_surveys = _table(
    "client_surveys",
    _key("grant"),
    _key("n", INTEGER),
    *_texts("since"),
    _needed("respondents", INTEGER),
    *_texts("satisfaction", "kind", "scale", "questions", "answers"),
)
"""How many clients or team leaders answered a survey, and how satisfied they were on the survey's scale.
``questions`` is a JSON list of texts, ``answers`` one of [question, number of answers, mean]."""

side_flows = _table(
    "side_flows",
    _key("grant"),
    _key("n", INTEGER),
    *_texts("since", "kind", "source"),
    _needed("amount", BIG_INTEGER),
    _needed("scale", INTEGER),
    *_texts("currency"),
    TableColumn("holding", BIG_INTEGER),
)
"""Co-financing by kind, and the costs of preparing and supervising a grant. ``holding`` is the amount in the
holding currency, if that is known."""

attached_documents = _table(
    "attached_documents",
    _key("grant"),
    _key("n", INTEGER),
    *_texts("since", "name", "media_type", "sha256", "actor"),
)
"""The files that were attached to a grant."""

follow_up_spans = _table(
    "follow_up_spans",
    _key("grant"),
    _key("n", INTEGER),
    *_texts("since", "until", "follow_up", "action", "owner", "due", "status", "handed_to"),
    TableColumn("needed", BIG_INTEGER),
    _needed("found", BIG_INTEGER),
    _needed("scale", INTEGER),
    *_texts("currency"),
)
"""Each follow-up's state, from day to day, with the money that it needs and that was found for it."""

progress_ratings = _table(
    "progress_ratings",
    _key("grant"),
    _key("n", INTEGER),
    *_texts("since", "period", "rating", "before", "change", "edition"),
)
"""The rating of each progress report, and how it differs from that of the report before: ``first``, ``same``,
``better`` or ``worse``, and ``other`` if no scale of the edition has both."""

indicator_spans = _table(
    "indicator_spans",
    _key("grant"),
    _key("n", INTEGER),
    *_texts("since", "until", "indicator", "unit", "baseline", "target", "by", "groups"),
    *_texts("actual", "measured_on", "expected", "track", "parts", "source"),
)
"""Each indicator's state, from day to day. Numbers are text with their decimals; ``groups`` and ``parts`` are
JSON lists. ``track`` holds for the newest value: ``reached``, ``on_track``, ``off_track`` or
``not_measured``."""

library_texts = _table(
    "library_texts",
    _key("grant"),
    _key("n", INTEGER),
    *_texts("since", "until", "kind", "title", "text"),
)
"""The texts of a grant: its objective, stories, completion report, lessons and results."""

grant_standing = _table(
    "grant_standing",
    _key("grant"),
    _needed("version", INTEGER),
    _needed("state", TEXT),
    long=True,
)
"""Each grant's state after its last entry, as JSON, and the version of its stream."""

fund_flows = _table(
    "fund_flows",
    _key("version", INTEGER),
    *_texts("on", "kind", "partner", "currency"),
    _needed("scale", INTEGER),
    _needed("amount", BIG_INTEGER),
    TableColumn("holding", BIG_INTEGER),
    *_texts("grant", "agreement", "draws"),
)
"""The fund's flows, by the version of their entry. ``holding`` is the amount in the holding currency, if
stated; ``grant`` is the grant of a commitment; ``agreement`` is that of the money. ``draws`` is a JSON list:
rank, agreement and minor units of each pool that a commitment draws from or gives back to."""

fund_agreements = _table(
    "fund_agreements",
    _key("version", INTEGER),
    *_texts("on", "agreement", "partner", "terms"),
)
"""Each agreement of a partner and each amendment of one, with the terms that it states, as JSON."""

fund_partners = _table("fund_partners", _key("partner"), *_texts("kind", "joined_on", "name"))
"""The partners, who contribute to the fund."""

fund_partner_changes = _table(
    "fund_partner_changes", _key("version", INTEGER), *_texts("on", "partner", "name")
)
"""Each new name of a partner, and each leaving of one: then ``name`` is null."""

fund_pledges = _table(
    "fund_pledges",
    _key("version", INTEGER),
    *_texts("on", "partner", "currency"),
    _needed("scale", INTEGER),
    _needed("amount", BIG_INTEGER),
    TableColumn("holding", BIG_INTEGER),
    *_texts("years", "condition", "met_on"),
)
"""Each pledge, with the fiscal years as a JSON list, and its condition with the day on which it was met."""

fund_set_asides = _table(
    "fund_set_asides",
    _key("version", INTEGER),
    *_texts("on", "kind", "set_aside", "call", "until", "grant"),
    _needed("amount", BIG_INTEGER),
    *_texts("reason"),
)
"""Money set aside: ``kind`` is ``set_aside``, ``released``, ``used`` or ``refilled``. What lowers it is below
zero. Only a row of the first kind has the call and the last day."""

fund_instalments = _table(
    "fund_instalments",
    _key("version", INTEGER),
    *_texts("on", "kind", "partner", "instalment", "currency", "due"),
    _needed("scale", INTEGER),
    _needed("amount", BIG_INTEGER),
    TableColumn("holding", BIG_INTEGER),
)
"""Instalments: ``kind`` is ``scheduled``, with a ``due`` day; ``received``, with the amount in the
``holding`` currency if that is known; ``waived``, for all instalments if none is named; or ``left``, on the
day on which the partner left, or without a partner on the day on which the fund was closed."""

fund_consultations = _table(
    "fund_consultations", _key("version", INTEGER), *_texts("on", "partners", "summary")
)
"""The meetings of the partners. ``partners`` is a JSON list."""

fund_officers = _table(
    "fund_officers",
    _key("version", INTEGER),
    *_texts("on", "officer", "roles"),
    _needed("holds", BOOLEAN),
)
"""Each appointment and retirement. ``roles`` is a JSON list; an empty one means all roles that were held."""

fund_documents = _table(
    "fund_documents", _key("version", INTEGER), *_texts("on", "name", "media_type", "sha256", "actor")
)
"""The files that were attached to the fund."""

fund_windows = _table(
    "fund_windows",
    _key("version", INTEGER),
    _key("window"),
    *_texts("on", "edition", "since"),
    *(_needed(name, BOOLEAN) for name in ("needs_agreement", "recipient_needs_agreement")),
    *(_needed(name, BOOLEAN) for name in ("needs_completion_report", "team_only")),
)
"""The windows of each edition that the fund adopted, its first day, and what it asks of a grant."""

fund_details = _table(
    "fund_details",
    _key("version", INTEGER),
    *_texts("currency"),
    _needed("scale", INTEGER),
    _needed("fiscal_year_start", INTEGER),
    *_texts("name", "time_zone", "closed_on"),
)
"""One row: the fund's constants, the day of its closure (null while it is open), and the version of its
stream up to which the tables go."""

seat_offsets = _table("seat_offsets", _key("since"), _needed("seconds", INTEGER))
"""The moments (UTC) from which another offset holds at the fund's seat, and its seconds east of UTC."""

tracking = _table(
    "tracking",
    _key("application_name"),
    _needed("notification_id", BIG_INTEGER),
    *_texts("recorded_at"),
)
"""The journal position to which the tables correspond, and when its entry was recorded."""

left_out = _table(
    "left_out",
    _key("stream"),
    _key("version", INTEGER),
    _needed("position", BIG_INTEGER),
    _needed("quarantined", BOOLEAN),
    *_texts("why"),
)
"""The rows of the journal that count in no other table: those that are quarantined, and the row at which each
stopped stream stops."""

views_format = _table("views_format", _key("format", INTEGER))
"""One row: the format in which the tables were made, `projections.store.schema_digest.current_format`."""

GRANT_TABLES = (
    register_spans,
    sector_names,
    money_flows,
    payment_spans,
    budget_spans,
    window_findings,
    obligation_steps,
    call_answers,
    call_scores,
    outcome_spans,
    exchange_activities,
    exchange_participants,
    directory_layout.named_institutions,
    involved_parties,
    engaged_experts,
    client_surveys,
    side_flows,
    attached_documents,
    follow_up_spans,
    progress_ratings,
    indicator_spans,
    library_texts,
    grant_standing,
)
CALL_TABLES = (call_spans,)
DIRECTORY_TABLES = directory_layout.DIRECTORY_TABLES
FUND_TABLES = (
    fund_flows,
    fund_agreements,
    fund_partners,
    fund_partner_changes,
    fund_pledges,
    fund_set_asides,
    fund_instalments,
    fund_consultations,
    fund_officers,
    fund_documents,
    fund_windows,
    fund_details,
    seat_offsets,
)
