"""The commands that are not in the lifecycle's table: where each is, and one line of help.

Plain text, read before anything else is imported: ``--help`` answers from here at once. A test
holds it against the commands themselves.
"""

from typing import NamedTuple


class Place(NamedTuple):
    """A command that is loaded when it is called."""

    words: str
    help: str
    where: str
    """Module and name."""


OTHERS = (
    Place("init", "Make a new book.", "cli.commands.init:init"),
    Place("demo", "Record the Facility's published facts, and report on them.", "cli.commands.demo:demo"),
    Place("record", "Record commands from a file, one a line.", "cli.commands.record:record"),
    Place("move", "Copy a book to another place or store.", "cli.commands.stores:move"),
    Place("roles", "Print the SQL that gives a database its roles.", "cli.commands.stores:roles"),
    Place("health", "Tell whether the store is as it should be.", "cli.commands.stores:health"),
    Place("schema", "Print the JSON Schema of commands or events.", "cli.commands.schema:schema"),
    Place(
        "completion",
        "Print the script that completes words in your shell.",
        "cli.shell.completion:completion",
    ),
    Place("fund adopt-policy", "Adopt an edition of windows and limits.", "cli.commands.files:adopt_policy"),
    Place("grant show", "Show where a grant stands.", "cli.commands.show:show"),
    Place("grant list", "List the grants, by name.", "cli.commands.show:list_grants"),
    Place("officer name", "Say what people call an officer.", "cli.commands.officers:name_officer"),
    Place("officer erase", "Forget what people call an officer.", "cli.commands.officers:erase"),
    Place(
        "officer list",
        "List the officers: names, and roles held today.",
        "cli.commands.officers:list_officers",
    ),
    Place("document attach", "Put a file beside a grant.", "cli.commands.files:attach"),
    Place("document attach-to-fund", "Put a file beside the fund.", "cli.commands.files:attach_to_fund"),
    Place(
        "activity sites",
        "Show each site's local time of a session, or invite to it.",
        "cli.commands.reports.sites:sites",
    ),
    Place(
        "library search",
        "Find stories, reports and lessons by their words.",
        "cli.commands.reports.library:search",
    ),
    Place(
        "library match",
        "List who has solved a like problem, with the evidence.",
        "cli.commands.reports.library:match",
    ),
    Place(
        "audit history",
        "Tell a life in sentences: who, when, before → after.",
        "cli.commands.audit.history:history",
    ),
    Place(
        "audit replay", "Show the state on a day, as known at a time.", "cli.commands.audit.history:replay"
    ),
    Place("audit diff", "Show what differs between two days or times.", "cli.commands.audit.history:diff"),
    Place("audit entries", "Export every entry as it is stored.", "cli.commands.audit.entries:entries"),
    Place(
        "audit refusals",
        "List who was refused what, when, by which rule.",
        "cli.commands.audit.history:refusals",
    ),
    Place(
        "audit recorders",
        "List what one recorder entered for both sides.",
        "cli.commands.audit.recorders:recorders",
    ),
    Place("audit seal", "Seal what is unsealed with a signed checkpoint.", "cli.commands.audit.seal:seal"),
    Place("audit verify", "Prove that nothing recorded was altered.", "cli.commands.audit.seal:verify"),
    Place("audit prove", "Prove that an entry is in the sealed journal.", "cli.commands.audit.seal:prove"),
    Place(
        "audit export", "Write what an auditor needs to check it all alone.", "cli.commands.audit.seal:export"
    ),
    Place("views update", "Catch the views up with the journal.", "cli.commands.views:update"),
    Place("views rebuild", "Make the views anew from the journal.", "cli.commands.views:rebuild"),
    Place(
        "views follow", "Keep the views at the journal's end until interrupted.", "cli.commands.views:follow"
    ),
    Place("views status", "Tell how far the views are.", "cli.commands.views:status"),
    Place("report register", "Every grant: stage, terms and dates.", "cli.commands.reports.report:register"),
    Place(
        "report disbursement",
        "Money promised and paid, by grant or by group.",
        "cli.commands.reports.report:disbursement",
    ),
    Place(
        "report windows",
        "Each rule of a grant's window, with its figure.",
        "cli.commands.reports.report:windows",
    ),
    Place("report timeline", "Each obligation: due, met, overdue.", "cli.commands.reports.report:timeline"),
    Place(
        "report fund", "Contributions, commitments and what is available.", "cli.commands.reports.report:fund"
    ),
    Place(
        "report calls",
        "Proposals, selections and what is left, by call.",
        "cli.commands.reports.report:calls",
    ),
    Place("report exchanges", "Activities, and who took part.", "cli.commands.reports.report:exchanges"),
    Place(
        "report outcomes",
        "Outcomes sought and achieved, results and lessons.",
        "cli.commands.reports.report:outcomes",
    ),
    Place(
        "report countries",
        "Who receives and who provides, alone and in pairs.",
        "cli.commands.reports.report:countries",
    ),
    Place(
        "report value",
        "What came beside the grants, and what things cost.",
        "cli.commands.reports.report:value",
    ),
    Place(
        "report instalments",
        "What partners were to pay when, and what arrived.",
        "cli.commands.reports.report:instalments",
    ),
    Place(
        "report follow-ups",
        "Actions promised, and the money they wait for.",
        "cli.commands.reports.report:follow_ups",
    ),
    Place(
        "report stages", "How many days each grant spent in each stage.", "cli.commands.reports.report:stages"
    ),
    Place(
        "report parties",
        "Who facilitates or finances exchanges of others.",
        "cli.commands.reports.report:parties",
    ),
    Place(
        "report experts", "Who helps with an exchange, and what for.", "cli.commands.reports.report:experts"
    ),
    Place("report surveys", "Clients that were asked.", "cli.commands.reports.report:surveys"),
    Place(
        "report glance",
        "Show what is overdue, due, paid, on its way, and new.",
        "cli.commands.reports.glance:glance",
    ),
    Place(
        "report progress",
        "Write the report of a year, a quarter or a fiscal year.",
        "cli.commands.reports.progress_report:progress",
    ),
    Place("report consultations", "When partners met.", "cli.commands.reports.report:consultations"),
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
