"""Vocabularies: codes, labels, and the words of closed lists.

A type whose values in commands come from a list is marked with `Listed`; ``lifecycle.kernel.listed_codes``
checks commands against the list. A stored value is read by its shape alone, so that no later list can make an
entry unreadable.
"""

from typing import Annotated, Any, Literal, NamedTuple, Self, get_args

from pydantic import AfterValidator, Field, GetJsonSchemaHandler, StringConstraints
from pydantic_core import core_schema

from lifecycle.types.codes import COUNTRIES
from lifecycle.types.text import COUNTRY, CURRENCY, Line, Word, as_label, without_breaks


class Listed(NamedTuple):
    """Marks a text that commands take from a list."""

    kind: Literal["country", "stated_country", "currency", "time_zone", "label", "word"]
    words: tuple[str, ...] = ()
    """The words of a closed vocabulary; empty for other kinds."""

    @classmethod
    def word(cls, *words: str) -> Self:
        """Return the mark of a text that is one word of a closed vocabulary."""
        return cls("word", words)

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Return a schema that lists the words of a closed vocabulary."""
        open_schema = handler(schema)
        return {"type": "string", "enum": list(self.words)} if self.words else open_schema


def words_of(vocabulary: Any) -> tuple[str, ...]:
    """Return the words of a closed vocabulary in their order; none for another type.

    ``vocabulary``: the type, or the metadata of its ``Annotated``.
    """
    marks = vocabulary if isinstance(vocabulary, tuple) else get_args(vocabulary)[1:]
    return next((mark.words for mark in marks if isinstance(mark, Listed)), ())


Label = Annotated[
    str,
    StringConstraints(min_length=1, max_length=300),
    without_breaks,
    AfterValidator(as_label),
    Listed("label"),
]
"""The name of a group, such as a sector: without blanks around it, in Unicode NFC, whatever its case."""
Country = Annotated[str, StringConstraints(pattern=COUNTRY), Listed("country")]
"""Two capital letters."""
StatedCountry = Annotated[str, StringConstraints(pattern=COUNTRY), Listed("stated_country")]
"""Two capital letters, and not ``ZZ``, which stands for a country that a source does not state."""
Currency = Annotated[str, StringConstraints(pattern=CURRENCY), Listed("currency")]
"""Three capital letters."""
Countries = Annotated[tuple[Country, ...], Field(min_length=1, max_length=120)]
TimeZone = Annotated[str, StringConstraints(min_length=1, max_length=64), without_breaks, Listed("time_zone")]
"""The name of a time zone."""

# ── closed vocabularies ──────────────────────────────────────────────────────────────────────
# A command takes one of the words. A stored word is any line of text.

ROLES = ("administrator", "approver", "finance", "reviewer", "secretariat", "ttl")
"""The roles to which commands are open. An edition may name further ones, for the steps of its clearances."""
Role = Annotated[Word, "role"]
"""One of `ROLES`, or a role that an edition names. Only the fund knows which, so a rule checks it."""
Sealing = Annotated[Line, Listed.word("each_command", "on_request")]
"""When the journal is sealed."""
PartnerKind = Annotated[Line, Listed.word("traditional", "emerging")]
InstitutionType = Annotated[
    Line,
    Listed.word(
        "government",
        "local_government",
        "other_public_sector",
        "international_ngo",
        "national_ngo",
        "regional_ngo",
        "partner_country_ngo",
        "public_private_partnership",
        "multilateral",
        "foundation",
        "private_sector",
        "private_sector_in_provider_country",
        "private_sector_in_recipient_country",
        "private_sector_in_third_country",
        "academic",
        "other",
    ),
]
"""What an institution is: the list OrganisationType of IATI 2.03."""
Outcome = Annotated[
    Line,
    Listed.word(
        "raised_awareness",
        "enhanced_knowledge_and_skills",
        "improved_consensus_and_teamwork",
        "strengthened_coalitions",
        "enhanced_networks",
        "increased_implementation_knowledge",
    ),
]
"""Capacity outcomes of the Capacity Development Results Framework (S4, Annex D)."""
Result = Annotated[Line, Listed.word("action_plan", "pilot", "strategy", "policy", "investment", "network")]
Instrument = Annotated[
    Line,
    Listed.word(
        "study_tour",
        "expert_visit",
        "video_conference",
        "peer_consultation",
        "workshop",
        "conference",
        "twinning",
        "secondment",
        "community_of_practice",
        "knowledge_fair",
        "multi_stakeholder_dialogue",
        "peer_assist",
    ),
]
Capability = Annotated[Line, Listed.word("documenting_and_sharing", "solving_and_scaling")]
CoFinancingKind = Annotated[Line, Listed.word("cash", "in_kind", "cost_share", "private")]
CostPurpose = Annotated[Line, Listed.word("preparation", "supervision")]
InstitutionRole = Annotated[Line, Listed.word("receiving", "providing", "implementing")]
"""What an institution does in a grant."""
PresenceRole = Annotated[Line, Listed.word("host", "participant")]
"""What an institution does in an activity."""
PartyRole = Annotated[Line, Listed.word("facilitating", "financing")]
"""What a third party does in a triangular exchange (S4)."""
Phase = Annotated[Line, Listed.word("design", "implementation", "monitoring")]
"""What a knowledge-sharing expert is engaged for (S0)."""
Scope = Annotated[Line, Listed.word("all", "payments", "activities")]
LineKind = Annotated[Line, Listed.word("travel", "workshop", "expert", "translation", "equipment", "other")]
"""What sort of cost a budget line is (domain §8)."""
DeclineCause = Annotated[Line, Listed.word("money", "quality", "eligibility", "other")]
OperationKind = Annotated[Line, Listed.word("lending", "technical_assistance")]
PaymentMethod = Annotated[Line, Listed.word("direct", "reimbursement", "advance")]
"""How a payment is made: to who is owed it, back to who paid it, or before it is spent (domain §11)."""
Execution = Annotated[Line, Listed.word("bank", "recipient")]
"""Who spends a grant: the Bank itself, or its recipient (domain §11)."""
Direction = Annotated[Line, Listed.word("one_way", "two_way")]
"""Whether know-how goes one way, as a transfer, or both ways, as sharing (S1)."""
Initiator = Annotated[Line, Listed.word("recipient", "provider", "staff")]
"""Whose idea an exchange was (S4)."""
ClearanceAnswer = Annotated[Line, Listed.word("cleared", "objected")]
"""What a step of the clearances was answered."""
Before = Annotated[Line, Listed.word("request", "approval")]
"""What a step of the clearances stands before."""
GROUPS_OF_COUNTRIES = ("high", "upper_middle", "lower_middle", "low", "IBRD", "IDA", "Blend")
"""Income groups and classes of lending of the World Bank."""
GroupOfCountries = Annotated[Line, Listed.word(*GROUPS_OF_COUNTRIES, *COUNTRIES)]
"""An income group, a class of lending, or a country's code (domain §10)."""
SurveyKind = Annotated[Line, Listed.word("clients", "team_leaders")]
"""Who answered a survey (S0, S4)."""
StageReached = Annotated[
    Line,
    Listed.word(
        "approved",
        "signed",
        "effective",
        "follow_up",
        "closed",
        "declined",
        "withdrawn",
        "lapsed",
        "cancelled",
    ),
]
"""The stages in which a grant can be brought forward: all from its approval on, and the ends."""
Strength = Annotated[Line, Listed.word("hard", "soft")]
"""How binding a partner's preference is (domain §9)."""
Advice = Annotated[Line, Listed.word("approve", "revise", "decline")]
