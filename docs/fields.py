"""Read the fields and types for the reference from the source, with an example of each.

Names of types and docstrings of fields are only in the source, so they are read with ``ast``. The values that
a type allows come from its JSON Schema.
"""

import ast
import inspect
import json
import sys
from functools import cache
from importlib import import_module
from itertools import pairwise
from pkgutil import ModuleInfo, walk_packages
from types import ModuleType
from typing import Any, NamedTuple

from pydantic import BaseModel, TypeAdapter

import lifecycle
from lifecycle.call import call
from lifecycle.directory import events as directory
from lifecycle.directory import naming
from lifecycle.fund import events as fund
from lifecycle.fund.parts.agreement_terms import Preference
from lifecycle.grant import events as grant
from lifecycle.kernel.command import Command
from lifecycle.kernel.spec import Spec
from lifecycle.policy import edition_file as policy
from lifecycle.types import dates, money, text, vocabularies


def _has_events(room: ModuleInfo) -> bool:
    rooms = ("lifecycle.grant.", "lifecycle.fund.", "lifecycle.call.", "lifecycle.directory.")
    return room.name.startswith(rooms)


VALUE_TYPES = (money, text, dates, vocabularies)
TYPE_ROOMS = (
    *VALUE_TYPES,
    *(
        import_module(room.name)
        for room in walk_packages(lifecycle.__path__, "lifecycle.")
        if _has_events(room)
    ),
)
VALUES = (
    grant.BudgetLine,
    grant.LineAmount,
    naming.GrantInstitution,
    naming.ActivityInstitution,
    grant.LineBroughtForward,
    grant.Letter,
    grant.Site,
    grant.Participants,
    grant.RefundPart,
    grant.SurveyAnswer,
    Preference,
    fund.Draw,
)
"""Parts that commands and events are made of."""

MEANINGS = {
    "Money": "An amount in one currency, exact to its minor unit.",
    "Country": "ISO 3166-1 alpha-2. `ZZ` stands for a country that is not stated.",
    "StatedCountry": "ISO 3166-1 alpha-2.",
    "TimeZone": "A name of the IANA time zone database.",
    "GrantId": "A grant's name in this book.",
    "OfficerId": "An officer. Not a person's name.",
    "Role": "What an officer may do.",
    "PartnerKind": "What kind of partner.",
    "Result": "A concrete result beyond capacity.",
    "Instrument": "The form of an exchange activity.",
    "Capability": "What an institution of organizational knowledge sharing reaches.",
    "CoFinancingKind": "How others paid.",
    "CostPurpose": "What the cost was for.",
    "Scope": "What a suspension covers.",
    "Advice": "What a reviewer advises.",
    "Months": "Calendar months.",
    "Count": "A count of people.",
    "Countries": "One or more countries.",
    "Roles": "One or more roles.",
}
"""Meanings of the types that have no docstring in the source."""

EXAMPLES: dict[str, Any] = {
    "Money": "2000.00 USD",
    "Amount": "2000.00 USD",
    "Cost": "2000.00 USD",
    "Line": "One line of text",
    "Prose": "Some paragraphs",
    "Reason": "Why it is so",
    "CommandId": "erp-2017-00123",
    "GrantId": "SSF-2017-01",
    "ItemId": "A1",
    "OfficerId": "f.nance",
    "Word": "stand_alone",
    "Digest": "0" * 64,
    "Country": "TZ",
    "StatedCountry": "TZ",
    "Countries": ["TZ", "UG"],
    "TimeZone": "Africa/Kampala",
    "Day": "2017-03-31",
    "Months": 12,
    "Count": 5,
    "Figure": "7000",
    "Roles": ["finance"],
}
BY_FIELD: dict[str, Any] = {
    "providers": ["IN"],
    "sector": "agriculture",
    "title": "Dairy supply chains",
    "payment": "P1",
    "payee": "Travel agent",
    "category": "travel",
    "follow_up": "F1",
    "owner": "TZ",
    "partner": "DK",
    "instalment": "2017",
    "institution": "MOA-TZ",
    "offer": "IN-DAIRY",
    "need": "TZ-DAIRY",
    "topic": "Dairy cooperatives",
    "challenge": "Milk of small farms does not reach the towns",
    "story": "SSF-2017-01",
    "worth": 4,
    "name": "Denmark",
    "closing_date": "2018-03-31",
    "due": "2018-06-30",
    "period": "2017-03-31/2018-03-30",
    "rating": "satisfactory",
    "obligation": "results_story",
    "scores": {"demand_driven": "4", "design": "3"},
    "outcomes": {"enhanced_networks": "A network of officials"},
    "budget": [{"line": "travel", "amount": "2000.00 USD"}],
    "letters": [{"country": "TZ", "ministry": "Ministry of Livestock", "dated": "2017-01-05"}],
    "currency": "USD",
    "fiscal_year_start": 7,
    "entry": 17,
    "reads": {"amount": "1850.00 USD"},
    "media_type": "application/pdf",
    "respondents": 14,
    "indicator": "jobs",
    "unit": "jobs created",
    "baseline": "0",
    "value": "3500",
    "by": "2018-12-31",
    "objective": "A national dairy strategy in each receiving country",
    "summary": "Two exchanges were held; both countries drafted a strategy",
    "narrative": "Both exchanges were held",
    "action": "Adopt the sector strategy",
    "to": "The ministry's planning unit",
    "condition": "A focal point is named",
    "rule": "DisbursementDeadlinePassed",
    "reason": "Why, in a sentence",
    "starts": "2017-06-05",
    "ends": "2017-06-16",
}
BY_COMMAND: dict[str, dict[str, Any]] = {
    "ReviseProposal": {"months": 9},
    "RestructureGrant": {"window": "programmatic"},
    "ReallocateBudget": {"from_line": "travel", "to_line": "workshops"},
    "AttachDocument": {"name": "completion-report.pdf", "media_type": "application/pdf"},
    "EstablishFund": {"name": "South-South Facility"},
    "RecordIrregularPayment": {"payment": "P9"},
    "InvolveParty": {"organization": "Japan International Cooperation Agency"},
    "RecordLesson": {"did_not_work": "The second exchange came after the budget was set"},
    "EngageExpert": {"expert": "x.pert"},
    "RegisterInstitution": {"name": "Ministry of Agriculture"},
    "RenameInstitution": {"name": "Ministry of Food"},
    "RecordUse": {"by": "Ministry of Livestock of Uganda", "purpose": "A dairy strategy"},
    "OpenCall": {"closes": "2017-04-30"},
    "CloseCall": {"on": "2017-05-01"},
}
ACTORS = {
    "ttl or approver": "t.leader",
    "ttl": "t.leader",
    "secretariat": "s.cretary",
    "reviewer": "r.viewer",
    "approver": "a.prover",
    "finance": "f.nance",
    "administrator": "admin",
    "any": "t.leader",
}
ALSO_SHOWN = {"letters", "outcomes", "payee", "reads"}
"""Optional fields that an example shows."""


class Field(NamedTuple):
    """A field, as the page describes it."""

    name: str
    type: str
    """As the source writes it, without ``None``."""
    required: bool
    meaning: str


@cache
def _classes(module: ModuleType) -> dict[str, ast.ClassDef]:
    tree = ast.parse(inspect.getsource(module))
    return {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}


def _docstrings(body: list[ast.stmt]) -> dict[str, str]:
    """Return, by name, the string literal after each assignment."""
    docstrings = {}
    for node, after in pairwise(body):
        target: ast.expr | None = None
        if isinstance(node, ast.AnnAssign):
            target = node.target
        elif isinstance(node, ast.Assign):
            target = node.targets[0]
        if (
            isinstance(target, ast.Name)
            and isinstance(after, ast.Expr)
            and isinstance(after.value, ast.Constant)
        ):
            docstrings[target.id] = " ".join(str(after.value.value).split())
    return docstrings


def fields_of(
    kind: type[BaseModel] | type[Command], *, leave_out: frozenset[str] = frozenset()
) -> list[Field]:
    """Return the fields of a command, an event or a part, in their order."""
    names: dict[str, str] = {}
    meanings: dict[str, str] = {}
    of_event = kind.EVENT.__mro__ if issubclass(kind, Command) else ()
    for part in (*reversed(of_event), *reversed(kind.__mro__)):
        node = _classes(sys.modules[part.__module__]).get(part.__name__) if _ours(part) else None
        if node is None:
            continue
        meanings |= _docstrings(node.body)
        for item in node.body:
            if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
                names[item.target.id] = _plain(item.annotation)
    return [
        Field(name, names[name], field.is_required(), meanings.get(name, ""))
        for name, field in (kind.fields() if issubclass(kind, Command) else kind.model_fields).items()
        if name not in leave_out
    ]


def _ours(part: type) -> bool:
    return part.__module__.startswith("lifecycle.")


WORDS = {
    "str": "text",
    "int": "whole number",
    "bool": "true or false",
    "Decimal": "number",
    "object": "any value",
}


def _plain(node: ast.expr) -> str:
    """Return an annotation for people, without ``None``, constraints and validators."""
    if isinstance(node, ast.BinOp):
        return _plain(node.left)
    if isinstance(node, ast.Subscript):
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        match ast.unparse(node.value):
            case "tuple":
                return f"list of {_plain(parts[0])}"
            case "dict":
                return f"{_plain(parts[0])} → {_plain(parts[1])}"
            case "Literal":
                return str(ast.literal_eval(parts[0])).lower()
            case _:
                return _plain(parts[0])
    text = ast.unparse(node)
    return WORDS.get(text, text)


# ── types ────────────────────────────────────────────────────────────────────────────────────


class Type(NamedTuple):
    """A named type, with its meaning and the values that it allows."""

    name: str
    meaning: str
    form: str
    example: str


def types() -> list[Type]:
    """Return every named type that fields use, by name."""
    used = {"CommandId"}  # only commands have it
    events = (*grant.EVENTS, *fund.EVENTS, *call.EVENTS, *directory.EVENTS)
    kinds: tuple[type[BaseModel], ...] = (*events, *VALUES)
    for kind in kinds:
        for field in fields_of(kind):
            used.update(field.type.replace("list of ", "").split(" → "))
    types_by_name: dict[str, Type] = {}
    for room in TYPE_ROOMS:
        docs = _docstrings(ast.parse(inspect.getsource(room)).body)
        for name, kind in vars(room).items():
            if (
                name in used
                and name not in types_by_name
                and not (isinstance(kind, type) and issubclass(kind, BaseModel))
            ):
                form = _form(TypeAdapter(kind).json_schema(), kind)
                example = EXAMPLES.get(name, _first_choice(kind))
                types_by_name[name] = Type(
                    name,
                    docs.get(name) or MEANINGS.get(name, ""),
                    form,
                    example if isinstance(example, str) else json.dumps(example),
                )
    return sorted(types_by_name.values())


def _value_type(name: str) -> Any:
    return next(vars(room)[name] for room in VALUE_TYPES if name in vars(room))


def _first_choice(kind: Any) -> Any:
    return next(iter(vocabularies.words_of(kind)), "")


def _form(schema: dict[str, Any], kind: Any) -> str:
    if words := vocabularies.words_of(kind):
        return " · ".join(f"`{word}`" for word in words)
    if schema.get("type") == "array":
        return f"a list, at least {schema.get('minItems', 0)}"
    if schema.get("type") == "integer":
        return f"{schema.get('minimum', 0)} to {schema.get('maximum', '…'):,}"
    if "pattern" in schema:
        return f"`{schema['pattern']}`".replace("|", "\\|")
    if schema.get("format") == "date":
        return "`YYYY-MM-DD`"
    if "maxLength" in schema:
        return f"at most {schema['maxLength']:,} characters"
    return str(schema.get("type", ""))


# ── examples ─────────────────────────────────────────────────────────────────────────────────


def example(spec: Spec, kind: type[Command], about: str) -> dict[str, Any]:
    """Return a command as ``record`` takes it, with the required fields and a few others."""
    words: dict[str, Any] = {"command": spec.name}
    if about == "grant":
        words["grant"] = EXAMPLES["GrantId"]
    words |= {"on": EXAMPLES["Day"], "actor": ACTORS[spec.role]}
    known = BY_FIELD | BY_COMMAND.get(spec.name, {})
    shown = ALSO_SHOWN | set(BY_COMMAND.get(spec.name, {}))
    for field in fields_of(kind):
        if field.name not in words and (field.required or field.name in shown):
            words[field.name] = known[field.name] if field.name in known else _example_of(field)
    return words


def _example_of(field: Field) -> Any:
    if field.name == "edition":
        return policy.shipped()[0].model_dump(mode="json", by_alias=True, exclude_none=True)
    inner = field.type.removeprefix("list of ")
    value = EXAMPLES[inner] if inner in EXAMPLES else _first_choice(_value_type(inner))
    return [value] if field.type.startswith("list of ") else value
