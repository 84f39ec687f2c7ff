"""How each field of each command is typed: ``--help`` is answered from this table.

Written by docs/reference.py from the classes of the commands. Do not edit: run `make docs`.
"""

from cli.shell.fields import Field

# fmt: off
FIELDS: dict[str, tuple[Field, ...]] = {
    "grant propose": (
        Field("grant", "GRANT", "", is_argument=True, is_required=True),
        Field("title", "TEXT", "The title of the exchange.", is_required=True),
        Field("window", "TEXT", "A window of the fund's policy.", is_required=True),
        Field("call", "TEXT", "The call for proposals that it answers."),
        Field("recipients", "TEXT,…", "The countries that receive know-how.", is_list=True, is_required=True),
        Field("providers", "TEXT,…", "The countries that give know-how.", is_list=True, is_required=True),
        Field("sector", "TEXT", "A sector, as the fund names it.", is_required=True),
        Field("objective", "TEXT", "What the countries want to achieve.", is_required=True),
        Field("outcomes_sought", "WORD,…", "The capacity outcomes that the exchange aims at. One or more of: raised_awareness, enhanced_knowledge_and_skills, improved_consensus_and_teamwork, strengthened_coalitions, enhanced_networks, increased_implementation_knowledge.", form="choice", is_list=True),
        Field("amount", "\"2000.00 USD\"", "The proposed amount; in the holding currency. Zero for support that costs the fund nothing.", form="money", is_required=True),
        Field("months", "N", "How many months the exchange should take.", form="int", is_required=True),
        Field("institution", "TEXT", "The public institution, for organizational knowledge sharing."),
        Field("capabilities_planned", "WORD,…", "What the institution plans to be able to do, for organizational knowledge sharing. One or more of: documenting_and_sharing, solving_and_scaling.", form="choice", is_list=True),
        Field("operation", "TEXT", "The lending operation that the exchange serves."),
    ),
    "grant revise": (
        Field("grant", "GRANT", "", is_argument=True, is_required=True),
        Field("title", "TEXT", "The new value, if it changes."),
        Field("window", "TEXT", "The new value, if it changes."),
        Field("recipients", "TEXT,…", "The new value, if it changes.", is_list=True),
        Field("providers", "TEXT,…", "The new value, if it changes.", is_list=True),
        Field("sector", "TEXT", "The new value, if it changes."),
        Field("objective", "TEXT", "The new value, if it changes."),
        Field("outcomes_sought", "WORD,…", "The new value, if it changes. One or more of: raised_awareness, enhanced_knowledge_and_skills, improved_consensus_and_teamwork, strengthened_coalitions, enhanced_networks, increased_implementation_knowledge.", form="choice", is_list=True),
        Field("amount", "\"2000.00 USD\"", "The new value, if it changes.", form="money"),
        Field("months", "N", "The new value, if it changes.", form="int"),
        Field("institution", "TEXT", "The new value, if it changes."),
        Field("capabilities_planned", "WORD,…", "The new value, if it changes. One or more of: documenting_and_sharing, solving_and_scaling.", form="choice", is_list=True),
        Field("operation", "TEXT", "The new value, if it changes."),
        Field("reason", "TEXT", "Why the proposal changes."),
    ),
    "grant return": (
        Field("grant", "GRANT", "", is_argument=True, is_required=True),
        Field("reason", "TEXT", "What has to be worked on.", is_required=True),
    ),
    "grant request": (
        Field("grant", "GRANT", "", is_argument=True, is_required=True),
        Field("amount", "\"2000.00 USD\"", "The sum of the budget lines; in the holding currency.", form="money", is_required=True),
        Field("budget", "line=…,amount=…,capacity=…", "The budget lines. May be given several times.", form="model", is_list=True, is_required=True),
        Field("letters", "country=…,ministry=…,dated=…", "One from each recipient country. May be given several times.", form="model", is_list=True),
    ),
    "grant withdraw": (
        Field("grant", "GRANT", "", is_argument=True, is_required=True),
        Field("reason", "TEXT", "Why the proposal was withdrawn.", is_required=True),
    ),
    "grant review": (
        Field("grant", "GRANT", "", is_argument=True, is_required=True),
        Field("scores", "NAME=VALUE,…", "Points by criterion. A proposal that answers a call is scored by each of the call's criteria. May be given several times.", form="pairs", is_list=True, is_required=True),
        Field("advice", "approve|revise|decline", "What the reviewer advises: approve, revise or decline.", form="choice", choices=("approve", "revise", "decline",), is_required=True),
    ),
    "grant approve": (
        Field("grant", "GRANT", "", is_argument=True, is_required=True),
        Field("amount", "\"2000.00 USD\"", "The committed amount; in the holding currency.", form="money", is_required=True),
        Field("conditions", "TEXT", "Conditions to be met before the agreement is signed.", is_list=True),
        Field("request_digest", "TEXT", "The digest of the request that the approver read, as grant show prints it. Another is refused."),
    ),
    "grant decline": (
        Field("grant", "GRANT", "", is_argument=True, is_required=True),
        Field("reason", "TEXT", "Why the proposal was declined.", is_required=True),
    ),
    "grant meet-condition": (
        Field("grant", "GRANT", "", is_argument=True, is_required=True),
        Field("condition", "TEXT", "In the words of the approval.", is_required=True),
    ),
    "grant sign": (
        Field("grant", "GRANT", "", is_argument=True, is_required=True),
    ),
    "grant make-effective": (
        Field("grant", "GRANT", "", is_argument=True, is_required=True),
        Field("closing_date", "DATE", "The last day for activities.", form="day", is_required=True),
    ),
    "grant lapse": (
        Field("grant", "GRANT", "", is_argument=True, is_required=True),
        Field("given_up", None, "The country gave the grant up, so that it may lapse before its time is over. Needs a reason.", form="flag"),
        Field("reason", "TEXT", "Why the grant did not become effective."),
    ),
    "grant involve": (
        Field("grant", "GRANT", "", is_argument=True, is_required=True),
        Field("role", "facilitating|financing", "Whether it facilitates or finances the exchange.", form="choice", choices=("facilitating", "financing",), is_required=True),
        Field("country", "TEXT", "ISO 3166-1 alpha-2."),
        Field("organization", "TEXT", "An agency or a regional body, for example; never a person."),
    ),
    "grant engage-expert": (
        Field("grant", "GRANT", "", is_argument=True, is_required=True),
        Field("expert", "TEXT", "An opaque id, not a person's name.", is_required=True),
        Field("phases", "WORD,…", "What the expert helps with: design, implementation, monitoring. One or more of: design, implementation, monitoring.", form="choice", is_list=True, is_required=True),
        Field("days", "N", "The number of days of work.", form="int"),
        Field("country", "TEXT", "The country whose experience the expert brings; ISO 3166-1 alpha-2."),
    ),
    "activity plan": (
        Field("grant", "GRANT", "", is_argument=True, is_required=True),
        Field("activity", "ACTIVITY", "", is_argument=True, is_required=True),
        Field("starts", "DATE", "The first day.", form="day", is_required=True),
        Field("ends", "DATE", "The last day.", form="day", is_required=True),
        Field("starts_at", "TEXT", "The moment at which it begins at all places, if it joins several."),
        Field("minutes", "N", "How long it takes from that moment.", form="int"),
        Field("instrument", "study_tour|expert_visit|video_conference|peer_consultation|workshop|conference|twinning|secondment|community_of_practice|knowledge_fair|multi_stakeholder_dialogue|peer_assist", "The form in which know-how is exchanged.", form="choice", choices=("study_tour", "expert_visit", "video_conference", "peer_consultation", "workshop", "conference", "twinning", "secondment", "community_of_practice", "knowledge_fair", "multi_stakeholder_dialogue", "peer_assist",), is_required=True),
        Field("countries", "TEXT,…", "The countries that take part.", is_list=True, is_required=True),
        Field("budget", "\"2000.00 USD\"", "What it may cost; in the grant's currency.", form="money"),
        Field("sites", "site=…,time_zone=…", "The places, if it joins several. May be given several times.", form="model", is_list=True),
    ),
    "activity reschedule": (
        Field("grant", "GRANT", "", is_argument=True, is_required=True),
        Field("activity", "ACTIVITY", "", is_argument=True, is_required=True),
        Field("starts", "DATE", "The first day.", form="day", is_required=True),
        Field("ends", "DATE", "The last day.", form="day", is_required=True),
        Field("starts_at", "TEXT", "The moment at which it begins at all places, if it joins several."),
        Field("minutes", "N", "How long it takes from that moment.", form="int"),
        Field("reason", "TEXT", "Why it was moved."),
    ),
    "activity cancel": (
        Field("grant", "GRANT", "", is_argument=True, is_required=True),
        Field("activity", "ACTIVITY", "", is_argument=True, is_required=True),
        Field("reason", "TEXT", "Why it will not be held."),
    ),
    "activity hold": (
        Field("grant", "GRANT", "", is_argument=True, is_required=True),
        Field("activity", "ACTIVITY", "", is_argument=True, is_required=True),
        Field("starts", "DATE", "The first day.", form="day", is_required=True),
        Field("ends", "DATE", "The last day.", form="day", is_required=True),
        Field("starts_at", "TEXT", "The moment at which it begins at all places, if it joins several."),
        Field("minutes", "N", "How long it takes from that moment.", form="int"),
        Field("hosts", "TEXT,…", "The countries in which it was held, also if they are not in the grant.", is_list=True),
        Field("giving", "TEXT,…", "The countries that gave know-how, if not the grant's providers that took part.", is_list=True),
        Field("receiving", "TEXT,…", "The countries that received know-how, if not the grant's recipients that took part.", is_list=True),
        Field("participants", "country=…,women=…,men=…,not_stated=…", "Counts by country, also of countries that are not in the grant. May be given several times.", form="model", is_list=True),
        Field("cost", "\"2000.00 USD\"", "What it cost.", form="money"),
        Field("lessons", "TEXT", "What worked, what did not, and why."),
        Field("host", "TEXT", "The country in which it was held, if it was one; otherwise give hosts."),
    ),
    "payment request": (
        Field("grant", "GRANT", "", is_argument=True, is_required=True),
        Field("payment", "PAYMENT", "", is_argument=True, is_required=True),
        Field("payee", "TEXT", "Who is paid: an organization or a role, never a person's name.", is_required=True),
        Field("category", "TEXT", "The budget line to which it belongs; line is another name of this field.", is_required=True),
        Field("amount", "\"2000.00 USD\"", "In the grant's currency; at most the undisbursed balance less other pending payments.", form="money", is_required=True),
    ),
    "payment authorise": (
        Field("grant", "GRANT", "", is_argument=True, is_required=True),
        Field("payment", "PAYMENT", "", is_argument=True, is_required=True),
        Field("amount", "\"2000.00 USD\"", "At most the requested amount; the requested amount if not given.", form="money"),
    ),
    "payment reject": (
        Field("grant", "GRANT", "", is_argument=True, is_required=True),
        Field("payment", "PAYMENT", "", is_argument=True, is_required=True),
        Field("reason", "TEXT", "Why it is not paid.", is_required=True),
    ),
    "payment disburse": (
        Field("grant", "GRANT", "", is_argument=True, is_required=True),
        Field("payment", "PAYMENT", "", is_argument=True, is_required=True),
        Field("amount", "\"2000.00 USD\"", "In the grant's currency; at most what was authorised.", form="money", is_required=True),
        Field("paid_amount", "\"2000.00 USD\"", "What the payee received, if it was paid in another currency.", form="money"),
        Field("rate", "NUMBER", "Units of the paid currency for one unit of the grant's currency.", form="number"),
    ),
    "payment fail": (
        Field("grant", "GRANT", "", is_argument=True, is_required=True),
        Field("payment", "PAYMENT", "", is_argument=True, is_required=True),
        Field("reason", "TEXT", "What the bank said."),
    ),
    "payment refund": (
        Field("grant", "GRANT", "", is_argument=True, is_required=True),
        Field("payment", "[PAYMENT]", "", is_argument=True),
        Field("amount", "\"2000.00 USD\"", "In the grant's currency; at most what was disbursed and not refunded.", form="money", is_required=True),
        Field("split", "payment=…,amount=…", "The payments of which it comes back, with the amount of each. If neither a payment nor a split is given, the book splits it over the grant's payments, the newest first. May be given several times.", form="model", is_list=True),
        Field("reason", "TEXT", "Why it came back."),
    ),
    "payment irregular": (
        Field("grant", "GRANT", "", is_argument=True, is_required=True),
        Field("payment", "PAYMENT", "", is_argument=True, is_required=True),
        Field("of", "TEXT", "The payment that was paid a second time, if any."),
        Field("payee", "TEXT", "Who is paid: an organization or a role, never a person's name.", is_required=True),
        Field("category", "TEXT", "The budget line to which it belongs, if any; line is another name of this field."),
        Field("amount", "\"2000.00 USD\"", "In the grant's currency.", form="money", is_required=True),
        Field("rule", "TEXT", "The name of the refusal by DisburseFunds whose rule was broken. Before version 2, any text.", is_required=True),
        Field("reason", "TEXT", "How the payment came about.", is_required=True),
    ),
    "grant co-finance": (
        Field("grant", "GRANT", "", is_argument=True, is_required=True),
        Field("kind", "cash|in_kind|cost_share|private", "The kind of co-financing: cash, in kind, a share of the cost, or private.", form="choice", choices=("cash", "in_kind", "cost_share", "private",), is_required=True),
        Field("source", "TEXT", "Who paid."),
        Field("amount", "\"2000.00 USD\"", "In the currency in which it was paid.", form="money", is_required=True),
        Field("holding_amount", "\"2000.00 USD\"", "Its worth in the holding currency on the day; an amount in another currency counts only with it.", form="money"),
    ),
    "grant cost": (
        Field("grant", "GRANT", "", is_argument=True, is_required=True),
        Field("purpose", "preparation|supervision", "What the cost is for: preparation or supervision.", form="choice", choices=("preparation", "supervision",), is_required=True),
        Field("amount", "\"2000.00 USD\"", "In the currency in which it was paid.", form="money", is_required=True),
        Field("holding_amount", "\"2000.00 USD\"", "Its worth in the holding currency on the day; an amount in another currency counts only with it.", form="money"),
    ),
    "grant extend": (
        Field("grant", "GRANT", "", is_argument=True, is_required=True),
        Field("closing_date", "DATE", "The new last day for activities.", form="day", is_required=True),
        Field("reason", "TEXT", "Why more time is needed.", is_required=True),
        Field("waiver", "TEXT", "Why the closing date may be beyond the window's span."),
    ),
    "grant restructure": (
        Field("grant", "GRANT", "", is_argument=True, is_required=True),
        Field("window", "TEXT", "The new window, if it changes."),
        Field("recipients", "TEXT,…", "All receiving countries from now on, where they change.", is_list=True),
        Field("providers", "TEXT,…", "All providing countries from now on, where they change.", is_list=True),
        Field("objective", "TEXT", "The new objective, if it changes."),
        Field("institution", "TEXT", "The institution from now on, if it changes."),
        Field("capabilities_planned", "WORD,…", "The institution's plan from now on, if it changes. One or more of: documenting_and_sharing, solving_and_scaling.", form="choice", is_list=True),
        Field("reason", "TEXT", "Why the terms were changed.", is_required=True),
    ),
    "grant increase": (
        Field("grant", "GRANT", "", is_argument=True, is_required=True),
        Field("amount", "\"2000.00 USD\"", "By how much; in the holding currency.", form="money", is_required=True),
        Field("reason", "TEXT", "What the further money is for."),
    ),
    "grant cancel-balance": (
        Field("grant", "GRANT", "", is_argument=True, is_required=True),
        Field("amount", "\"2000.00 USD\"", "How much goes back; in the grant's currency.", form="money", is_required=True),
        Field("reason", "TEXT", "Why it is not needed.", is_required=True),
    ),
    "grant suspend": (
        Field("grant", "GRANT", "", is_argument=True, is_required=True),
        Field("scope", "all|payments|activities", "What is suspended: payments, activities or all.", form="choice", choices=("all", "payments", "activities",), is_required=True),
        Field("reason", "TEXT", "What has to be settled before the suspension is lifted.", is_required=True),
    ),
    "grant lift": (
        Field("grant", "GRANT", "", is_argument=True, is_required=True),
        Field("scope", "all|payments|activities", "The suspension that is lifted; all of them if not given.", form="choice", choices=("all", "payments", "activities",)),
        Field("reason", "TEXT", "How the cause was settled."),
    ),
    "grant cancel": (
        Field("grant", "GRANT", "", is_argument=True, is_required=True),
        Field("reason", "TEXT", "Why the grant ended before its time.", is_required=True),
    ),
    "grant report-progress": (
        Field("grant", "GRANT", "", is_argument=True, is_required=True),
        Field("period", "TEXT", "The time that it reports on, as the report names it.", is_required=True),
        Field("rating", "TEXT", "How well the grant goes, on the fund's own scale.", is_required=True),
        Field("narrative", "TEXT", "How the work goes.", is_required=True),
    ),
    "grant complete": (
        Field("grant", "GRANT", "", is_argument=True, is_required=True),
    ),
    "grant report-outcomes": (
        Field("grant", "GRANT", "", is_argument=True, is_required=True),
        Field("outcomes", "NAME=VALUE,…", "Each outcome, with its evidence. May be given several times. One or more of: raised_awareness, enhanced_knowledge_and_skills, improved_consensus_and_teamwork, strengthened_coalitions, enhanced_networks, increased_implementation_knowledge.", form="pairs", is_list=True),
        Field("results", "NAME=VALUE,…", "Each concrete result beyond capacity, with what it is. May be given several times. One or more of: action_plan, pilot, strategy, policy, investment, network.", form="pairs", is_list=True),
    ),
    "grant record-lesson": (
        Field("grant", "GRANT", "", is_argument=True, is_required=True),
        Field("worked", "TEXT", "What worked."),
        Field("did_not_work", "TEXT", "What did not work."),
        Field("why", "TEXT", "Why, as far as it is known.", is_required=True),
    ),
    "grant reach-capability": (
        Field("grant", "GRANT", "", is_argument=True, is_required=True),
        Field("capability", "documenting_and_sharing|solving_and_scaling", "The capability that was reached.", form="choice", choices=("documenting_and_sharing", "solving_and_scaling",), is_required=True),
        Field("evidence", "TEXT", "How it is known that it was reached."),
    ),
    "grant submit-report": (
        Field("grant", "GRANT", "", is_argument=True, is_required=True),
        Field("summary", "TEXT", "The report in a few paragraphs.", is_required=True),
        Field("lessons", "TEXT", "What worked, what did not, and why."),
    ),
    "grant accept-report": (
        Field("grant", "GRANT", "", is_argument=True, is_required=True),
    ),
    "grant record-survey": (
        Field("grant", "GRANT", "", is_argument=True, is_required=True),
        Field("respondents", "N", "How many recipients answered.", form="int", is_required=True),
        Field("satisfaction", "NUMBER", "The mean of the answers, on the survey's own scale.", form="number"),
    ),
    "grant publish-story": (
        Field("grant", "GRANT", "", is_argument=True, is_required=True),
        Field("title", "TEXT", "The story's title.", is_required=True),
        Field("summary", "TEXT", "The story in a few paragraphs.", is_required=True),
        Field("url", "TEXT", "Where it can be read."),
    ),
    "grant record-outcome": (
        Field("grant", "GRANT", "", is_argument=True, is_required=True),
        Field("title", "TEXT", "The story's title, if there is one."),
        Field("summary", "TEXT", "The story in a few paragraphs.", is_required=True),
        Field("url", "TEXT", "Where it can be read."),
    ),
    "follow-up agree": (
        Field("grant", "GRANT", "", is_argument=True, is_required=True),
        Field("follow_up", "FOLLOW_UP", "", is_argument=True, is_required=True),
        Field("action", "TEXT", "What is to be done.", is_required=True),
        Field("owner", "TEXT", "The country or organization that sees to it.", is_required=True),
        Field("due", "DATE", "The last day on which it is done in time.", form="day", is_required=True),
        Field("finance_needed", "\"2000.00 USD\"", "The money that it needs, if any; in any currency.", form="money"),
    ),
    "follow-up finance": (
        Field("grant", "GRANT", "", is_argument=True, is_required=True),
        Field("follow_up", "FOLLOW_UP", "", is_argument=True, is_required=True),
        Field("amount", "\"2000.00 USD\"", "In the currency of what is needed; in the grant's if nothing is.", form="money", is_required=True),
        Field("source", "TEXT", "Who gives the money."),
    ),
    "follow-up complete": (
        Field("grant", "GRANT", "", is_argument=True, is_required=True),
        Field("follow_up", "FOLLOW_UP", "", is_argument=True, is_required=True),
        Field("evidence", "TEXT", "How it is known that it was done."),
    ),
    "follow-up drop": (
        Field("grant", "GRANT", "", is_argument=True, is_required=True),
        Field("follow_up", "FOLLOW_UP", "", is_argument=True, is_required=True),
        Field("reason", "TEXT", "Why it will not be done.", is_required=True),
    ),
    "follow-up hand-over": (
        Field("grant", "GRANT", "", is_argument=True, is_required=True),
        Field("follow_up", "FOLLOW_UP", "", is_argument=True, is_required=True),
        Field("to", "TEXT", "Who sees to it from now on.", is_required=True),
    ),
    "grant waive": (
        Field("grant", "GRANT", "", is_argument=True, is_required=True),
        Field("obligation", "OBLIGATION", "", is_argument=True, is_required=True),
        Field("item", "TEXT", "Which one, if there are several: an activity, a follow-up, a number."),
        Field("reason", "TEXT", "Why the obligation need not be met.", is_required=True),
    ),
    "grant close": (
        Field("grant", "GRANT", "", is_argument=True, is_required=True),
    ),
    "grant reopen": (
        Field("grant", "GRANT", "", is_argument=True, is_required=True),
        Field("reason", "TEXT", "What is still to be done.", is_required=True),
    ),
    "document attach": (
        Field("grant", "GRANT", "", is_argument=True, is_required=True),
        Field("name", "TEXT", "The file's name.", is_required=True),
        Field("media_type", "TEXT", "The file's type, such as application/pdf.", is_required=True),
        Field("sha256", "TEXT", "The SHA-256 of the file's bytes; also its name in the book's documents folder.", is_required=True),
    ),
    "grant correct": (
        Field("grant", "GRANT", "", is_argument=True, is_required=True),
        Field("entry", "ENTRY", "", form="int", is_argument=True, is_required=True),
        Field("reads", "TEXT,…", "The fields that should read otherwise, with their right values; on may be one of them. May be given several times. For example --reads amount=\"18500.00 USD\" --reads on=2018-01-10.", form="any", is_list=True),
        Field("struck", None, "The entry should not be there at all.", form="flag"),
        Field("reason", "TEXT", "How it is known that the entry was wrong.", is_required=True),
    ),
    "init": (
        Field("name", "TEXT", "The fund's name.", is_required=True),
        Field("currency", "TEXT", "The holding currency, in which every grant and every total is.", is_required=True),
        Field("fiscal_year_start", "N", "The first month of the fiscal year, which is named after the calendar year in which it ends.", form="int", is_required=True),
        Field("time_zone", "TEXT", "The IANA time zone of the seat, where \"today\" and the end of a day are counted."),
    ),
    "fund adopt-policy": (
        Field("edition", "name=…,from_=…,agreement_required=…,disbursement_grace=…,windows=…,obligations=…,late_after=…", "The whole edition, each number with its source.", form="model", is_required=True),
    ),
    "fund switch-sealing": (
        Field("sealing", "each_command|on_request", "After each command by its recorder, or on request by audit seal.", form="choice", choices=("each_command", "on_request",), is_required=True),
    ),
    "document attach-to-fund": (
        Field("name", "TEXT", "The file's name.", is_required=True),
        Field("media_type", "TEXT", "The file's type, such as application/pdf.", is_required=True),
        Field("sha256", "TEXT", "The SHA-256 of the file's bytes; also its name in the book's documents folder.", is_required=True),
    ),
    "officer appoint": (
        Field("officer", "OFFICER", "", is_argument=True, is_required=True),
        Field("roles", "WORD,…", "The roles that the officer holds from now on, beside those held already. One or more of: administrator, approver, finance, reviewer, secretariat, ttl.", form="choice", is_list=True, is_required=True),
    ),
    "officer retire": (
        Field("officer", "OFFICER", "", is_argument=True, is_required=True),
        Field("roles", "WORD,…", "The roles that end; all if none is named. One or more of: administrator, approver, finance, reviewer, secretariat, ttl.", form="choice", is_list=True),
    ),
    "fund join-partner": (
        Field("partner", "PARTNER", "", is_argument=True, is_required=True),
        Field("name", "TEXT", "The partner's name in full.", is_required=True),
        Field("kind", "traditional|emerging", "The kind of partner: traditional or emerging (S4).", form="choice", choices=("traditional", "emerging",), is_required=True),
    ),
    "fund hold-consultation": (
        Field("partners", "TEXT,…", "The partners that took part.", is_list=True),
        Field("summary", "TEXT", "What the partners said, in a few paragraphs.", is_required=True),
    ),
    "fund pledge": (
        Field("partner", "PARTNER", "", is_argument=True, is_required=True),
        Field("amount", "\"2000.00 USD\"", "In the partner's currency.", form="money", is_required=True),
        Field("holding_amount", "\"2000.00 USD\"", "Its worth in the holding currency on the day: needed if the amount is in another.", form="money"),
    ),
    "fund agree-contribution": (
        Field("partner", "PARTNER", "", is_argument=True, is_required=True),
        Field("amount", "\"2000.00 USD\"", "In the partner's currency.", form="money", is_required=True),
        Field("holding_amount", "\"2000.00 USD\"", "Its worth in the holding currency on the day: needed if the amount is in another.", form="money"),
        Field("reference", "TEXT", "The reference of the administration agreement."),
    ),
    "fund schedule-instalment": (
        Field("partner", "PARTNER", "", is_argument=True, is_required=True),
        Field("instalment", "INSTALMENT", "", is_argument=True, is_required=True),
        Field("amount", "\"2000.00 USD\"", "In the partner's currency.", form="money", is_required=True),
        Field("due", "DATE", "The day by which it should arrive.", form="day", is_required=True),
    ),
    "fund receive-instalment": (
        Field("partner", "PARTNER", "", is_argument=True, is_required=True),
        Field("amount", "\"2000.00 USD\"", "In the partner's currency.", form="money", is_required=True),
        Field("holding_amount", "\"2000.00 USD\"", "The amount in the holding currency: needed if the partner's currency is another.", form="money"),
        Field("instalment", "TEXT", "The scheduled instalment that arrived."),
    ),
    "fund waive": (
        Field("obligation", "OBLIGATION", "", is_argument=True, is_required=True),
        Field("item", "TEXT", "Which one, as PARTNER/instalment; all present and future ones if not given."),
        Field("reason", "TEXT", "Why the instalment need not be paid.", is_required=True),
    ),
    "fund charge-fee": (
        Field("amount", "\"2000.00 USD\"", "In the holding currency.", form="money", is_required=True),
        Field("reason", "TEXT", "What the fee is charged for."),
    ),
    "fund credit-income": (
        Field("amount", "\"2000.00 USD\"", "In the holding currency.", form="money", is_required=True),
        Field("reason", "TEXT", "Where the income comes from."),
    ),
    "fund return-funds": (
        Field("partner", "PARTNER", "", is_argument=True, is_required=True),
        Field("amount", "\"2000.00 USD\"", "In the holding currency.", form="money", is_required=True),
        Field("reason", "TEXT", "Why the money was returned."),
    ),
    "fund correct": (
        Field("entry", "ENTRY", "", form="int", is_argument=True, is_required=True),
        Field("reads", "TEXT,…", "The fields that should read otherwise, with their right values; on may be one of them. May be given several times. For example --reads amount=\"18500.00 USD\" --reads on=2018-01-10.", form="any", is_list=True),
        Field("struck", None, "The entry should not be there at all.", form="flag"),
        Field("reason", "TEXT", "How it is known that the entry was wrong.", is_required=True),
    ),
    "call open": (
        Field("call", "CALL", "", is_argument=True, is_required=True),
        Field("title", "TEXT", "The title of the call."),
        Field("window", "TEXT", "The window of the fund's policy that the proposals are for.", is_required=True),
        Field("envelope", "\"2000.00 USD\"", "The sum that may be approved in the call; in the holding currency.", form="money", is_required=True),
        Field("criteria", "TEXT,…", "The criteria that each review scores.", is_list=True, is_required=True),
        Field("opens", "DATE", "The first day for proposals; the day of the event if not given.", form="day"),
        Field("closes", "DATE", "The last day for proposals.", form="day", is_required=True),
    ),
    "call close": (
        Field("call", "CALL", "", is_argument=True, is_required=True),
    ),
    "call correct": (
        Field("call", "CALL", "", is_argument=True, is_required=True),
        Field("entry", "ENTRY", "", form="int", is_argument=True, is_required=True),
        Field("reads", "TEXT,…", "The fields that should read otherwise, with their right values; on may be one of them. May be given several times. For example --reads amount=\"18500.00 USD\" --reads on=2018-01-10.", form="any", is_list=True),
        Field("struck", None, "The entry should not be there at all.", form="flag"),
        Field("reason", "TEXT", "How it is known that the entry was wrong.", is_required=True),
    ),
}
"""The fields of each command, by the words that call it."""
ENVELOPE = (
    Field("on", "DATE", "The day on which it took effect; today at the fund's seat if not given.", form="day"),
    Field("actor", "OFFICER", "Whose act it was; the officer who records (--as) if not given."),
    Field("note", "TEXT", "Kept beside the event; no rule reads it."),
    Field("command_id", "ID", "The same command with the same id is recorded once, and gets the first answer again."),
    Field("expect_version", "N", "The version that you have seen. Any other is a conflict (exit code 3).", form="int"),
)
"""The fields of every command."""
ON: dict[str, Field] = {
    "activity hold": Field("on", "DATE", "The day on which it took effect; its last day (--ends) if not given.", form="day"),
}
"""The field ``on`` of commands that have another default."""
# fmt: on


def fields_of_command(words: str) -> list[Field]:
    """Return the fields of the command that these words call: its own, then those of every command."""
    envelope = [ON.get(words, field) if field.name == "on" else field for field in ENVELOPE]
    return [*FIELDS[words], *envelope]
