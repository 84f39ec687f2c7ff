"""The tables of the directory: institutions, offers, needs, and the use of stories."""

from projections.schema.table_layout import INTEGER, declared, key, needed, texts

institution_spans = declared(
    "institution_spans",
    key("directory"),
    key("n", INTEGER),
    *texts("since", "until", "institution", "name", "country", "type", "identifier", "focal_point"),
    *texts("registered_on"),
)
"""An institution's name and details, from day to day. ``directory`` is the stream's name in every row."""

offer_spans = declared(
    "offer_spans",
    key("directory"),
    key("n", INTEGER),
    *texts("since", "until", "offer", "country", "institution", "topic", "sector", "summary"),
)
"""An offer of experience, for the days on which it holds."""

need_spans = declared(
    "need_spans",
    key("directory"),
    key("n", INTEGER),
    *texts("since", "until", "need", "country", "institution", "challenge", "sector", "measure", "baseline"),
    *texts("voiced_on", "met_by", "met_on"),
)
"""A need, from day to day: open, and then met by a grant."""

story_uses = declared(
    "story_uses",
    key("directory"),
    key("n", INTEGER),
    *texts("on", "story", "by", "purpose"),
    needed("worth", INTEGER),
)
"""What the results story of a grant was used for, and what it was worth, from 1 to 5."""

named_institutions = declared(
    "named_institutions",
    key("grant"),
    key("n", INTEGER),
    *texts("since", "until", "institution", "role", "item"),
)
"""The institutions that a grant names, with their roles. ``item`` is an activity or a payment; null for the
grant itself and its letters. The rows are of grants, and not of the directory's stream."""

DIRECTORY_TABLES = (institution_spans, offer_spans, need_spans, story_uses)
