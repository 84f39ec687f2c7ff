"""The examples with which pages of help begin, by the words of the command."""

EXAMPLES = {
    "": "grantbook grant show SSF-2017-01",
    "fund": 'grantbook fund receive-instalment DK --amount "1000000.00 USD" --on 2016-11-15',
    "policy": "grantbook policy check policy.toml",
    "call": "grantbook call close 2017-1",
    "directory": 'grantbook directory register MOA-TZ --name "Ministry of Agriculture" --type government',
    "officer": "grantbook officer appoint j.smith --roles ttl",
    "grant": "grantbook grant show SSF-2017-01",
    "activity": "grantbook activity hold SSF-2017-01 A1 --starts 2017-06-12 --ends 2017-06-16",
    "payment": 'grantbook payment disburse SSF-2017-01 P1 --amount "2000.00 USD" --actor p.ayer',
    "follow-up": "grantbook follow-up complete SSF-2017-01 F1 --on 2018-05-02",
    "document": "grantbook document attach SSF-2017-01 letter.pdf",
    "library": "grantbook library search dairy --country TZ",
    "audit": "grantbook audit history SSF-2017-01 --on 2017-12-31",
    "views": "grantbook views update",
    "report": "grantbook report disbursement --by fiscal-year",
    "export": "grantbook export entries entries/ --buckets 16",
    "init": 'grantbook init my-fund --name "My fund" --currency USD --fiscal-year-start 7',
    "demo": "grantbook demo demo-book",
    "record": "grantbook record commands.jsonl --dry-run",
    "import": "grantbook import payments payments.xlsx --check",
    "template": "grantbook template payments payments.xlsx",
    "move": "grantbook move my-fund postgresql://localhost/fund",
    "roles": "grantbook roles --prefix grantbook",
    "health": "grantbook health --book my-fund",
    "schema": "grantbook schema commands",
    "completion": "grantbook completion bash",
    "man": "grantbook man ~/.local/share/man/man1",
    "grant involve": 'grantbook grant involve SSF-2017-01 --role financing --organization "A bank"',
    "grant bring-forward": (
        'grantbook grant bring-forward SSF-1 --on 2017-12-31 --title "Tea" --window stand_alone'
        ' --recipients KE --providers LK --sector agriculture --objective "A strategy" --months 12'
        " --leader t.leader --stage effective --approved-on 2017-02-20"
        " --effective-on 2017-03-31 --closing-date 2018-03-31"
        ' --approved "90000.00 USD" --disbursed "40000.00 USD" --source "Old register"'
    ),
    "payment request": (
        'grantbook payment request SSF-2017-01 P1 --payee Airline --amount "2000.00 USD" --category travel'
    ),
    "payment irregular": (
        'grantbook payment irregular SSF-2017-01 P9 --payee Airline --amount "2000.00 USD"'
        ' --rule NotYetEffective --reason "the bank\'s statement of 9 May"'
    ),
    "grant record-lesson": 'grantbook grant record-lesson SSF-2017-01 --worked "Peers" --why "They answered"',
    "grant set-indicator": (
        "grantbook grant set-indicator SSF-2017-01 jobs --unit jobs --baseline 0 --target 7000"
        " --by 2018-12-31"
    ),
    "grant assign-leader": "grantbook grant assign-leader SSF-2017-01 --leader o.ther --deputies t.leader",
    "grant amend": (
        "grantbook grant amend SSF-2017-01 --operation P123456 --operation-kind lending"
        ' --reason "the loan was approved"'
    ),
    "grant clear": "grantbook grant clear SSF-2017-01 idea_brief --verdict cleared",
    "payment document-expenditure": (
        'grantbook payment document-expenditure SSF-2017-01 P1 --amount "2000.00 USD" --period 2017-05'
        ' --document "Statement of the ministry"'
    ),
    "fund amend-contribution": (
        'grantbook fund amend-contribution TF-1 --valid-until 2018-12-31 --reason "a later end"'
    ),
    "fund close": 'grantbook fund close --on 2019-06-30 --reason "the last grant is closed"',
    "fund set-aside": (
        'grantbook fund set-aside dialogues --amount "100000.00 USD" --reason "the dialogues of FY2018"'
    ),
    "fund release-set-aside": (
        'grantbook fund release-set-aside dialogues --amount "100000.00 USD" --reason "none was held"'
    ),
    "grant measure": 'grantbook grant measure SSF-2017-01 jobs --value 3500 --source "A register"',
    "call open": 'grantbook call open C1 --window oks --envelope "9 USD" --criteria need --closes 2020-03-31',
    "policy template": "grantbook policy template policy.toml",
    "policy check": "grantbook policy check policy.toml",
    "fund adopt-policy": "grantbook fund adopt-policy policy.toml --on 2017-01-01",
    "grant show": "grantbook grant show SSF-2017-01",
    "grant check": "grantbook grant check SSF-2017-01 --on 2017-02-10",
    "serve": "grantbook serve --port 8765",
    "grant dossier": "grantbook grant dossier SSF-2017-01 SSF-2017-01.zip",
    "grant list": "grantbook grant list --stage effective --window stand_alone",
    "fund show": "grantbook fund show --as-of 2017-12-31",
    "call list": "grantbook call list --as-of 2017-12-31",
    "call show": "grantbook call show 2017-1",
    "directory offer": (
        'grantbook directory offer IN-DAIRY --country IN --topic Dairy --summary "Villages sell together"'
    ),
    "directory voice-need": 'grantbook directory voice-need TZ-MILK --country TZ --challenge "Milk spoils"',
    "directory record-use": (
        'grantbook directory record-use SSF-2017-01 --by "Ministry of Food" --purpose "A strategy" --worth 4'
    ),
    "directory list": "grantbook directory list --as-of 2017-12-31",
    "directory show": "grantbook directory show MOA-TZ",
    "payment list": "grantbook payment list --status requested",
    "payment run": "grantbook payment run --as finance-1",
    "payment show": "grantbook payment show SSF-2017-01 P1",
    "document list": "grantbook document list --grant SSF-2017-01",
    "officer name": 'grantbook officer name j.smith "Jane Smith"',
    "officer erase": "grantbook officer erase j.smith",
    "officer list": "grantbook officer list --json",
    "document attach": "grantbook document attach SSF-2017-01 letter.pdf",
    "document attach-to-fund": "grantbook document attach-to-fund agreement.pdf",
    "activity sites": "grantbook activity sites SSF-2017-01 A1 --format ics --output session.ics",
    "library search": "grantbook library search dairy --country TZ",
    "library show": "grantbook library show SSF-2017-01",
    "library match": 'grantbook library match --need "a strategy for dairy" --recipient TZ',
    "audit history": "grantbook audit history SSF-2017-01 --on 2017-12-31",
    "audit replay": "grantbook audit replay SSF-2017-01 --on 2017-12-31 --known 2018-01-09",
    "audit diff": "grantbook audit diff SSF-2017-01 --from 2017-06-30 --to 2017-12-31",
    "audit entries": "grantbook audit entries SSF-2017-01 --output entries.jsonl",
    "audit refusals": "grantbook audit refusals --json",
    "audit recorders": "grantbook audit recorders SSF-2017-01",
    "audit exceptions": "grantbook audit exceptions --as-of 2017-12-31",
    "audit seal": "grantbook audit seal",
    "audit verify": "grantbook audit verify --rules",
    "audit prove": "grantbook audit prove grant:SSF-2017-01@4 --output proof.json",
    "audit export": "grantbook audit export package/ SSF-2017-01 --documents",
    "views update": "grantbook views update",
    "views rebuild": "grantbook views rebuild",
    "views follow": "grantbook views follow",
    "views status": "grantbook views status --json",
    "views datasette": "grantbook views datasette metadata.json --licence 'CC BY 4.0'",
    "export entries": "grantbook export entries entries/ --buckets 16",
    "export 360giving": "grantbook export 360giving grants.json --as-of 2017-12-31",
    "export beancount": "grantbook export beancount fund.beancount --as-of 2017-12-31",
    "export datapackage": "grantbook export datapackage reports/ --as-of 2017-12-31",
    "export iati": "grantbook export iati iati/ --as-of 2017-12-31",
    "export ocel": "grantbook export ocel fund.ocel.json",
    "report register": "grantbook report register --as-of 2017-12-31",
    "report disbursement": "grantbook report disbursement --by window,fiscal-year",
    "report advances": "grantbook report advances --as-of 2017-12-31",
    "report payments": "grantbook report payments --status authorised",
    "report budget": "grantbook report budget --grant SSF-2017-01",
    "report windows": "grantbook report windows --grant SSF-2017-01",
    "report timeline": "grantbook report timeline --due-within 30",
    "report fund": "grantbook report fund --as-of 2017-06-30",
    "report calls": "grantbook report calls --format csv",
    "report exchanges": "grantbook report exchanges --by instrument",
    "report outcomes": "grantbook report outcomes --by outcome",
    "report countries": "grantbook report countries --by pair",
    "report value": "grantbook report value --by window",
    "report pools": "grantbook report pools --by request",
    "report instalments": "grantbook report instalments --as-of 2017-12-31",
    "report set-asides": "grantbook report set-asides --as-of 2012-06-30",
    "report follow-ups": "grantbook report follow-ups --grant SSF-2017-01",
    "report indicators": "grantbook report indicators --grant SSF-2017-01",
    "report cohorts": "grantbook report cohorts --as-of 2017-12-31",
    "report donor": "grantbook report donor DK --as-of 2017-12-31 --output statement.html",
    "report published": "grantbook report published figures.csv --as-of 2011-10-31",
    "report stages": "grantbook report stages --json",
    "report unmet": "grantbook report unmet --by country",
    "report parties": "grantbook report parties --format csv",
    "report experts": "grantbook report experts --format csv",
    "report ratings": "grantbook report ratings --grant SSF-2017-01",
    "report surveys": "grantbook report surveys --grant SSF-2017-01",
    "report documents": "grantbook report documents --format csv",
    "report entries": "grantbook report entries --grant SSF-2017-01 --json",
    "report glance": "grantbook report glance --since 2017-12-01",
    "report progress": "grantbook report progress --year 2017 --output progress.html",
    "report needs": "grantbook report needs --as-of 2017-12-31",
    "report offers": "grantbook report offers --format csv",
    "report uses": "grantbook report uses --json",
    "report institutions": "grantbook report institutions --format csv",
    "report consultations": "grantbook report consultations --json",
}
"""Examples by words: of each group, and of each command whose example is not made from its fields."""
