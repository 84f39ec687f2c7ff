"""The commands that are not in the catalogue: the help of each, and how it is imported.

``--help`` is printed from this table, before any command is imported. A test compares the table with the
commands.
"""

from collections.abc import Callable
from types import ModuleType
from typing import NamedTuple


class OtherCommand(NamedTuple):
    """A command that is not in the catalogue, and is imported when it is called."""

    words: str
    help: str
    module: Callable[[], ModuleType]
    """Imports and returns the module of the command."""
    name: str
    """The command's name in the module."""


def _init() -> ModuleType:
    from cli.commands import init

    return init


def _demo() -> ModuleType:
    from cli.commands import demo

    return demo


def _record() -> ModuleType:
    from cli.commands.record import record

    return record


def _payment_run() -> ModuleType:
    from cli.commands.record import payment_run

    return payment_run


def _import() -> ModuleType:
    from cli.commands.import_files import import_command

    return import_command


def _template() -> ModuleType:
    from cli.commands.import_files import template

    return template


def _stores() -> ModuleType:
    from cli.commands import stores

    return stores


def _schema() -> ModuleType:
    from cli.commands import schema

    return schema


def _completion() -> ModuleType:
    from cli.commands import completion

    return completion


def _policy() -> ModuleType:
    from cli.commands.files import policy

    return policy


def _files() -> ModuleType:
    from cli.commands.files import from_file

    return from_file


def _show() -> ModuleType:
    from cli.commands.show import grant

    return grant


def _dossier() -> ModuleType:
    from cli.commands.show import dossier

    return dossier


def _check() -> ModuleType:
    from cli.commands.show import check

    return check


def _show_payment() -> ModuleType:
    from cli.commands.show import payment

    return payment


def _show_call() -> ModuleType:
    from cli.commands.show import call

    return call


def _story() -> ModuleType:
    from cli.commands.show import story

    return story


def _institution() -> ModuleType:
    from cli.commands.show import institution

    return institution


def _show_fund() -> ModuleType:
    from cli.commands.show import fund

    return fund


def _lists() -> ModuleType:
    from cli.commands.reports import lists

    return lists


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


def _exceptions() -> ModuleType:
    from cli.commands.audit import exceptions

    return exceptions


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


def _export_entries() -> ModuleType:
    from cli.commands.export import entries_as_parquet

    return entries_as_parquet


def _publish() -> ModuleType:
    from cli.commands.export import publications

    return publications


def _serve() -> ModuleType:
    from cli.web import serve

    return serve


def _views() -> ModuleType:
    from cli.commands import views

    return views


def _report() -> ModuleType:
    from cli.commands.reports import report

    return report


def _glance() -> ModuleType:
    from cli.commands.reports import glance

    return glance


def _published() -> ModuleType:
    from cli.commands.reports import published

    return published


def _donor() -> ModuleType:
    from cli.commands.reports import donor

    return donor


def _progress() -> ModuleType:
    from cli.commands.reports import progress_report

    return progress_report


OTHER_COMMANDS = (
    OtherCommand("init", "Make a new book.", _init, "init"),
    OtherCommand("demo", "Record what the Facility published, and report on it.", _demo, "demo"),
    OtherCommand("record", "Record commands from a file, one a line.", _record, "record"),
    OtherCommand("import", "Bring in files of other programs, by a map.", _import, "import_files"),
    OtherCommand("template", "Write an empty table that import reads.", _template, "template"),
    OtherCommand("move", "Copy a book to another place or store.", _stores, "move"),
    OtherCommand("roles", "Print the SQL that gives a database its roles.", _stores, "roles"),
    OtherCommand("serve", "Show the book in a browser, only to be read.", _serve, "serve"),
    OtherCommand("health", "Check that the store keeps what it acknowledges.", _stores, "health"),
    OtherCommand("schema", "Print the JSON Schema of commands or events.", _schema, "schema"),
    OtherCommand(
        "completion", "Print the script that completes words in your shell.", _completion, "completion"
    ),
    OtherCommand("man", "Write the manual pages of all commands into a folder, for man.", _completion, "man"),
    OtherCommand("policy template", "Write an edition with every rule.", _policy, "template"),
    OtherCommand("policy check", "Say all that is wrong with an edition.", _policy, "check"),
    OtherCommand("fund adopt-policy", "Adopt an edition of windows and limits.", _files, "adopt_policy"),
    OtherCommand(
        "grant show", "Show where a grant stands, what may come next, and whose act it is.", _show, "show"
    ),
    OtherCommand(
        "grant check", "Show the rules, the money, and what would be refused today.", _check, "check"
    ),
    OtherCommand("grant list", "List the grants, by name.", _show, "list_grants"),
    OtherCommand(
        "grant dossier", "Write all about a grant: pages, documents and proofs.", _dossier, "dossier"
    ),
    OtherCommand(
        "fund show", "Show the fund: its seat, edition, officers, partners and money.", _show_fund, "show"
    ),
    OtherCommand("call list", "List the calls, with proposals and what is left.", _lists, "calls"),
    OtherCommand(
        "call show", "Show one call: terms, figures, and the grants that answer it.", _show_call, "show"
    ),
    OtherCommand(
        "directory list", "List the institutions, as they are called on a day.", _lists, "institutions"
    ),
    OtherCommand(
        "directory show", "Show one institution, with the names that it has had.", _institution, "show"
    ),
    OtherCommand("payment list", "List payments: amounts, days, officers, status.", _lists, "payments"),
    OtherCommand(
        "payment run", "Authorise and pay the payments that wait, one by one.", _payment_run, "payment_run"
    ),
    OtherCommand("payment show", "Show one payment: amounts, days and officers.", _show_payment, "show"),
    OtherCommand("document list", "List the files attached to grants and to the fund.", _lists, "documents"),
    OtherCommand("officer name", "Set the name of an officer.", _officers, "name_officer"),
    OtherCommand("officer erase", "Erase the name of an officer.", _officers, "erase"),
    OtherCommand(
        "officer list", "List the officers: names, and roles held today.", _officers, "list_officers"
    ),
    OtherCommand("document attach", "Attach a file to a grant.", _files, "attach"),
    OtherCommand("document attach-to-fund", "Attach a file to the fund.", _files, "attach_to_fund"),
    OtherCommand(
        "activity sites", "Show each site's local time of a session, or write an invitation.", _sites, "sites"
    ),
    OtherCommand("library search", "Find stories, reports and lessons by their words.", _library, "search"),
    OtherCommand(
        "library show", "Show a story whole: the problem, what was done, what came of it.", _story, "show"
    ),
    OtherCommand(
        "library match", "List who has solved a similar problem, with the evidence.", _library, "match"
    ),
    OtherCommand(
        "audit history", "Show a history in sentences: who, when, before → after.", _history, "history"
    ),
    OtherCommand("audit replay", "Show the state on a day, as known at a time.", _history, "replay"),
    OtherCommand("audit diff", "Show what differs between two days or times.", _history, "diff"),
    OtherCommand("audit entries", "Export every entry as it is stored.", _entries, "entries"),
    OtherCommand("audit refusals", "List who was refused what, when, by which rule.", _history, "refusals"),
    OtherCommand(
        "audit recorders", "List what one recorder entered for both sides.", _recorders, "recorders"
    ),
    OtherCommand(
        "audit exceptions", "List odd entries: the same one twice, a rate far off.", _exceptions, "exceptions"
    ),
    OtherCommand("audit seal", "Seal all unsealed entries with a signed checkpoint.", _seal, "seal"),
    OtherCommand("audit verify", "Prove that nothing recorded was altered.", _verify, "verify"),
    OtherCommand("audit prove", "Prove that an entry is in the sealed journal.", _prove, "prove"),
    OtherCommand("audit export", "Write a package that an auditor can check alone.", _export, "export"),
    OtherCommand("views update", "Catch the views up with the journal.", _views, "update"),
    OtherCommand("views rebuild", "Make the views again from the journal.", _views, "rebuild"),
    OtherCommand("views follow", "Keep the views at the journal's end until interrupted.", _views, "follow"),
    OtherCommand("views status", "Show how far the views are behind the journal.", _views, "status"),
    OtherCommand(
        "views datasette", "Describe the views for Datasette, with queries of any day.", _views, "datasette"
    ),
    OtherCommand(
        "export entries", "Write every entry as Parquet, in buckets of grants.", _export_entries, "entries"
    ),
    OtherCommand(
        "export 360giving", "Write the grants in the form of 360Giving, as JSON.", _publish, "giving_360"
    ),
    OtherCommand("export beancount", "Write a ledger for beancount.", _publish, "beancount"),
    OtherCommand(
        "export datapackage",
        "Write every report as CSV, described by datapackage.json.",
        _publish,
        "datapackage",
    ),
    OtherCommand(
        "export iati", "Write IATI 2.03: activities.xml, fund.xml and organisations.xml.", _publish, "iati"
    ),
    OtherCommand("export ocel", "Write an event log for process mining (OCEL 2.0).", _publish, "ocel"),
    OtherCommand("report register", "Every grant: stage, terms and dates.", _report, "register"),
    OtherCommand(
        "report disbursement", "Money promised and paid, by grant or by group.", _report, "disbursement"
    ),
    OtherCommand("report payments", "Each payment: amounts, days, officers, status.", _report, "payments"),
    OtherCommand("report advances", "What of each advance is outstanding, by age.", _report, "advances"),
    OtherCommand("report budget", "Each budget line: what it holds, and what is left.", _report, "budget"),
    OtherCommand("report windows", "Each rule of a grant's window, with its figure.", _report, "windows"),
    OtherCommand("report timeline", "Each obligation: due, met, overdue.", _report, "timeline"),
    OtherCommand("report fund", "Contributions, commitments and what is available.", _report, "fund"),
    OtherCommand("report calls", "Proposals, selections and what is left, by call.", _report, "calls"),
    OtherCommand("report exchanges", "Activities, and who took part.", _report, "exchanges"),
    OtherCommand(
        "report outcomes", "Outcomes sought and achieved, results and lessons.", _report, "outcomes"
    ),
    OtherCommand(
        "report countries", "Who receives and who provides, alone and in pairs.", _report, "countries"
    ),
    OtherCommand("report value", "Co-financing beside the grants, and unit costs.", _report, "value"),
    OtherCommand(
        "report instalments", "What partners had to pay, when, and what arrived.", _report, "instalments"
    ),
    OtherCommand("report pools", "Each agreement's money: what is left, and until when.", _report, "pools"),
    OtherCommand(
        "report set-asides", "Money set aside for calls and plans, and what is left.", _report, "set_asides"
    ),
    OtherCommand(
        "report follow-ups", "Follow-up actions, and the money that they need.", _report, "follow_ups"
    ),
    OtherCommand(
        "report indicators",
        "Results as numbers: baseline, target, actual, on track or off.",
        _report,
        "indicators",
    ),
    OtherCommand(
        "report cohorts",
        "Grants by year of approval: how many, how large, tied to an operation.",
        _report,
        "cohorts",
    ),
    OtherCommand("report stages", "How many days each grant spent in each stage.", _report, "stages"),
    OtherCommand(
        "report unmet", "Requests that wait, and proposals declined for want of money.", _report, "unmet"
    ),
    OtherCommand("report parties", "Who facilitates or finances exchanges of others.", _report, "parties"),
    OtherCommand("report experts", "Who helps with an exchange, and what for.", _report, "experts"),
    OtherCommand("report ratings", "Ratings of progress reports, and what changed.", _report, "ratings"),
    OtherCommand(
        "report surveys", "Surveys of clients and team leaders: answers, means.", _report, "surveys"
    ),
    OtherCommand("report documents", "Each file attached to a grant or to the fund.", _report, "documents"),
    OtherCommand("report entries", "Each entry in force, corrections applied.", _report, "entries"),
    OtherCommand(
        "report glance", "Show what waits, is overdue, due, paid, on its way, and new.", _glance, "glance"
    ),
    OtherCommand(
        "report progress", "Write the report of a year, a quarter or a fiscal year.", _progress, "progress"
    ),
    OtherCommand(
        "report donor",
        "Write a statement for one partner, with what changed since the last.",
        _donor,
        "donor",
    ),
    OtherCommand(
        "report published",
        "Compare published figures, from a file, with those of the book.",
        _published,
        "published",
    ),
    OtherCommand("report institutions", "The bodies that the directory knows.", _report, "institutions"),
    OtherCommand(
        "report needs", "What countries want to learn, and the grants that meet it.", _report, "needs"
    ),
    OtherCommand("report offers", "What countries offer to share.", _report, "offers"),
    OtherCommand(
        "report uses", "What results stories were used for, and what that was worth.", _report, "uses"
    ),
    OtherCommand("report consultations", "When partners met.", _report, "consultations"),
)
