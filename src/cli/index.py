"""The commands that are not in the catalogue: one line of help each, and how each is imported.

Read before anything else is imported: ``--help`` answers from here at once. A test holds it against the
commands themselves.
"""

from collections.abc import Callable
from types import ModuleType
from typing import NamedTuple


class Listed(NamedTuple):
    """A command that is imported when it is called."""

    words: str
    help: str
    module: Callable[[], ModuleType]
    """Imports and returns the module in which it is."""
    name: str
    """Its name there."""


def _init() -> ModuleType:
    from cli.commands import init

    return init


def _demo() -> ModuleType:
    from cli.commands import demo

    return demo


def _record() -> ModuleType:
    from cli.commands import record

    return record


def _stores() -> ModuleType:
    from cli.commands import stores

    return stores


def _schema() -> ModuleType:
    from cli.commands import schema

    return schema


def _completion() -> ModuleType:
    from cli.commands import completion

    return completion


def _files() -> ModuleType:
    from cli.commands import files

    return files


def _show() -> ModuleType:
    from cli.commands import show

    return show


def _officers() -> ModuleType:
    from cli.commands import officers

    return officers


def _sites() -> ModuleType:
    from cli.commands.reports import sites

    return sites


def _library() -> ModuleType:
    from cli.commands.reports import library

    return library


def _history() -> ModuleType:
    from cli.commands.audit import history

    return history


def _entries() -> ModuleType:
    from cli.commands.audit import entries

    return entries


def _recorders() -> ModuleType:
    from cli.commands.audit import recorders

    return recorders


def _seal() -> ModuleType:
    from cli.commands.audit import seal

    return seal


def _verify() -> ModuleType:
    from cli.commands.audit import verify

    return verify


def _prove() -> ModuleType:
    from cli.commands.audit import prove

    return prove


def _export() -> ModuleType:
    from cli.commands.audit import export

    return export


def _views() -> ModuleType:
    from cli.commands import views

    return views


def _report() -> ModuleType:
    from cli.commands.reports import report

    return report


def _glance() -> ModuleType:
    from cli.commands.reports import glance

    return glance


def _progress_report() -> ModuleType:
    from cli.commands.reports import progress_report

    return progress_report


OTHERS = (
    Listed("init", "Make a new book.", _init, "init"),
    Listed("demo", "Record the Facility's published facts, and report on them.", _demo, "demo"),
    Listed("record", "Record commands from a file, one a line.", _record, "record"),
    Listed("move", "Copy a book to another place or store.", _stores, "move"),
    Listed("roles", "Print the SQL that gives a database its roles.", _stores, "roles"),
    Listed("health", "Say whether the store is as it should be.", _stores, "health"),
    Listed("schema", "Print the JSON Schema of commands or events.", _schema, "schema"),
    Listed("completion", "Print the script that completes words in your shell.", _completion, "completion"),
    Listed("fund adopt-policy", "Adopt an edition of windows and limits.", _files, "adopt_policy"),
    Listed("grant show", "Show where a grant stands.", _show, "show"),
    Listed("grant list", "List the grants, by name.", _show, "list_grants"),
    Listed("officer name", "Say what people call an officer.", _officers, "name_officer"),
    Listed("officer erase", "Forget what people call an officer.", _officers, "erase"),
    Listed("officer list", "List the officers: names, and roles held today.", _officers, "list_officers"),
    Listed("document attach", "Put a file beside a grant.", _files, "attach"),
    Listed("document attach-to-fund", "Put a file beside the fund.", _files, "attach_to_fund"),
    Listed("activity sites", "Show each site's local time of a session, or invite to it.", _sites, "sites"),
    Listed("library search", "Find stories, reports and lessons by their words.", _library, "search"),
    Listed("library match", "List who has solved a like problem, with the evidence.", _library, "match"),
    Listed("audit history", "Tell a life in sentences: who, when, before → after.", _history, "history"),
    Listed("audit replay", "Show the state on a day, as known at a time.", _history, "replay"),
    Listed("audit diff", "Show what differs between two days or times.", _history, "diff"),
    Listed("audit entries", "Export every entry as it is stored.", _entries, "entries"),
    Listed("audit refusals", "List who was refused what, when, by which rule.", _history, "refusals"),
    Listed("audit recorders", "List what one recorder entered for both sides.", _recorders, "recorders"),
    Listed("audit seal", "Seal what is unsealed with a signed checkpoint.", _seal, "seal"),
    Listed("audit verify", "Prove that nothing recorded was altered.", _verify, "verify"),
    Listed("audit prove", "Prove that an entry is in the sealed journal.", _prove, "prove"),
    Listed("audit export", "Write what an auditor needs to check it all alone.", _export, "export"),
    Listed("views update", "Catch the views up with the journal.", _views, "update"),
    Listed("views rebuild", "Make the views again from the journal.", _views, "rebuild"),
    Listed("views follow", "Keep the views at the journal's end until interrupted.", _views, "follow"),
    Listed("views status", "Say how far the views are.", _views, "status"),
    Listed("report register", "Every grant: stage, terms and dates.", _report, "register"),
    Listed("report disbursement", "Money promised and paid, by grant or by group.", _report, "disbursement"),
    Listed("report windows", "Each rule of a grant's window, with its figure.", _report, "windows"),
    Listed("report timeline", "Each obligation: due, met, overdue.", _report, "timeline"),
    Listed("report fund", "Contributions, commitments and what is available.", _report, "fund"),
    Listed("report calls", "Proposals, selections and what is left, by call.", _report, "calls"),
    Listed("report exchanges", "Activities, and who took part.", _report, "exchanges"),
    Listed("report outcomes", "Outcomes sought and achieved, results and lessons.", _report, "outcomes"),
    Listed("report countries", "Who receives and who provides, alone and in pairs.", _report, "countries"),
    Listed("report value", "What came beside the grants, and what things cost.", _report, "value"),
    Listed("report instalments", "What partners were to pay when, and what arrived.", _report, "instalments"),
    Listed("report follow-ups", "Actions promised, and the money they wait for.", _report, "follow_ups"),
    Listed("report stages", "How many days each grant spent in each stage.", _report, "stages"),
    Listed("report parties", "Who facilitates or finances exchanges of others.", _report, "parties"),
    Listed("report experts", "Who helps with an exchange, and what for.", _report, "experts"),
    Listed("report surveys", "Clients that were asked.", _report, "surveys"),
    Listed("report glance", "Show what is overdue, due, paid, on its way, and new.", _glance, "glance"),
    Listed(
        "report progress",
        "Write the report of a year, a quarter or a fiscal year.",
        _progress_report,
        "progress",
    ),
    Listed("report consultations", "When partners met.", _report, "consultations"),
)

GROUPS = {
    "fund": "Partners, contributions and policy of the fund.",
    "call": "Calls for proposals.",
    "officer": "Who may act, and what people call them.",
    "grant": "A grant's life, from proposal to closure.",
    "activity": "Exchange activities.",
    "payment": "Payments: asked for, allowed, paid.",
    "follow-up": "What was promised for afterwards.",
    "document": "Files beside the record.",
    "library": "What grants teach: stories, reports and lessons.",
    "audit": "What was true, what was known, who did what.",
    "views": "The tables that reports read.",
    "report": "What the entries add up to.",
}
"""In the order in which help lists them, between ``init`` and the rest."""
