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
    Place("init", "Make a new book.", "cli.start:init"),
    Place("demo", "Record the Facility's published facts, and report on them.", "cli.demo:demo"),
    Place("record", "Record commands from a file, one a line.", "cli.record:record"),
    Place("move", "Copy a book to another place or store.", "cli.stores:move"),
    Place("roles", "Print the SQL that gives a database its roles.", "cli.stores:roles"),
    Place("health", "Tell whether the store is as it should be.", "cli.stores:health"),
    Place("schema", "Print the JSON Schema of commands or events.", "cli.schema:schema"),
    Place("completion", "Print the script that completes words in your shell.", "cli.completion:completion"),
    Place("fund adopt-policy", "Adopt an edition of windows and limits.", "cli.files:adopt_policy"),
    Place("grant show", "Show where a grant stands.", "cli.show:show"),
    Place("grant list", "List the grants, by name.", "cli.show:list_grants"),
    Place("officer name", "Say what people call an officer.", "cli.officers:name_officer"),
    Place("officer erase", "Forget what people call an officer.", "cli.officers:erase"),
    Place("officer list", "List the officers: names, and roles held today.", "cli.officers:list_officers"),
    Place("document attach", "Put a file beside a grant.", "cli.files:attach"),
    Place("document attach-to-fund", "Put a file beside the fund.", "cli.files:attach_to_fund"),
    Place("activity sites", "Show each site's local time of a session, or invite to it.", "cli.sites:sites"),
    Place(
        "library search",
        "Find stories, reports and lessons by their words.",
        "cli.library:search",
    ),
    Place(
        "library match",
        "List who has solved a like problem, with the evidence.",
        "cli.library:match",
    ),
    Place("audit history", "Tell a life in sentences: who, when, before → after.", "cli.audit:history"),
    Place("audit replay", "Show the state on a day, as known at a time.", "cli.audit:replay"),
    Place("audit diff", "Show what differs between two days or times.", "cli.audit:diff"),
    Place("audit entries", "Export every entry as it is stored.", "cli.entries:entries"),
    Place("audit refusals", "List who was refused what, when, by which rule.", "cli.audit:refusals"),
    Place("audit recorders", "List what one recorder entered for both sides.", "cli.recorders:recorders"),
    Place("audit seal", "Seal what is unsealed with a signed checkpoint.", "cli.seal:seal"),
    Place("audit verify", "Prove that nothing recorded was altered.", "cli.seal:verify"),
    Place("audit prove", "Prove that an entry is in the sealed journal.", "cli.seal:prove"),
    Place("audit export", "Write what an auditor needs to check it all alone.", "cli.seal:export"),
    Place("views update", "Catch the views up with the journal.", "cli.views:update"),
    Place("views rebuild", "Make the views anew from the journal.", "cli.views:rebuild"),
    Place("views follow", "Keep the views at the journal's end until interrupted.", "cli.views:follow"),
    Place("views status", "Tell how far the views are.", "cli.views:status"),
    Place("report register", "Every grant: stage, terms and dates.", "cli.report:register"),
    Place("report disbursement", "Money promised and paid, by grant or by group.", "cli.report:disbursement"),
    Place("report windows", "Each rule of a grant's window, with its figure.", "cli.report:windows"),
    Place("report timeline", "Each obligation: due, met, overdue.", "cli.report:timeline"),
    Place("report fund", "Contributions, commitments and what is available.", "cli.report:fund"),
    Place("report calls", "Proposals, selections and what is left, by call.", "cli.report:calls"),
    Place("report exchanges", "Activities, and who took part.", "cli.report:exchanges"),
    Place("report outcomes", "Outcomes sought and achieved, results and lessons.", "cli.report:outcomes"),
    Place("report countries", "Who receives and who provides, alone and in pairs.", "cli.report:countries"),
    Place("report value", "What came beside the grants, and what things cost.", "cli.report:value"),
    Place(
        "report instalments", "What partners were to pay when, and what arrived.", "cli.report:instalments"
    ),
    Place("report follow-ups", "Actions promised, and the money they wait for.", "cli.report:follow_ups"),
    Place("report stages", "How many days each grant spent in each stage.", "cli.report:stages"),
    Place("report parties", "Who facilitates or finances exchanges of others.", "cli.report:parties"),
    Place("report experts", "Who helps with an exchange, and what for.", "cli.report:experts"),
    Place("report surveys", "Clients that were asked.", "cli.report:surveys"),
    Place("report glance", "Show what is overdue, due, paid, on its way, and new.", "cli.glance:glance"),
    Place(
        "report progress",
        "Write the report of a year, a quarter or a fiscal year.",
        "cli.progress_report:progress",
    ),
    Place("report consultations", "When partners met.", "cli.report:consultations"),
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
