"""Makes ``facility.jsonl`` from the published tables: commands, one a line.

    python -m cli.facility.compile

writes the file again from the CSV files in this folder; a test compares the two. Statements of a source are
used as they are. What no source states is filled in: the entry's note then begins with ``illustrative``, and
says what is filled in and from what (``SOURCES.md``). Ids are made from the source and the reference in it,
so recording the file twice changes nothing.
"""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from cli.facility.assumed import (
    CORRECTED,
    DAYS_BETWEEN_PROPOSALS,
    DROPPED,
    FIRST_PROPOSAL,
    FOUNDED,
    HANDED_OVER,
    KINDS,
    LATE_ENTRY,
    LATE_STORY,
    LESSONS,
    NEEDS,
    NO_STORY,
    NO_SURVEY,
    NO_TOUR,
    OFFICERS,
    PARTNERS,
    PROJECTS,
    REALLOCATED,
    RESULTS,
    RESULTS_ELSEWHERE,
    SUMMARIES,
    TAUGHT_BY_COUNTERPART,
    WAITS,
)
from cli.facility.later import (
    COUNTERPART,
    call,
    changes,
    consultations,
    dialogue,
    institutions,
    set_aside,
)
from cli.facility.make_command import HERE, Command, make_command, table, usd
from cli.facility.other_grants import other_grants

# ── the fund ─────────────────────────────────────────────────────────────────────────────────


def _officers() -> Iterator[Command]:
    note = "illustrative (not published): the officer; the id stands for a role, the day is the launch"
    for officer, role in OFFICERS.items():
        yield make_command(
            "demo",
            f"officer {officer}",
            "AppointOfficer",
            FOUNDED,
            "admin",
            officer=officer,
            roles=[role],
            note=note,
        )


def _partners() -> Iterator[Command]:
    for row in table("contributions_2011-10.csv"):
        partner = row["partner"]
        code, joined = PARTNERS[partner]
        when = "at the launch in 2008" if joined == FOUNDED else "after the launch"
        day = "illustrative (not published): the day; S4 has"
        more = f" ({row['note']})" if row["note"] else ""
        yield make_command(
            "S4 Annex C",
            f"{partner} joined",
            "JoinPartner",
            joined,
            "secretariat-1",
            partner=code,
            name=partner,
            kind=row["kind"],
            note=f"illustrative (not published): the day; S4 says that this partner was there {when}",
        )
        yield make_command(
            "S4 Annex C",
            f"{partner} contribution",
            "PledgeContribution",
            joined,
            "finance-1",
            partner=code,
            amount=usd(int(row["contribution_usd"])),
            note=f"{day} the contribution as of October 2011{more}",
        )
        yield make_command(
            "S4 Annex C",
            f"{partner} allocation",
            "ReceiveInstalment",
            joined + timedelta(days=30),
            "finance-1",
            partner=code,
            amount=usd(int(row["allocated_usd"])),
            note=f"{day} the allocation as of October 2011, taken as received in one sum",
        )


# ── the completed projects ───────────────────────────────────────────────────────────────────


class Life:
    """The commands of one completed project, from proposal to closure, in the order of recording."""

    def __init__(self, number: int, row: dict[str, str], countries: dict[str, dict[str, str]]) -> None:
        self.title = row["project"]
        self.project = PROJECTS[self.title]
        self.grant = f"SEETF-{self.project.id}"
        self.outcomes = [name for name, marked in row.items() if marked == "1"]
        known = countries.get(self.title)
        self.named = known is not None
        self.recipients = known["receiving"].split(";") if known else ["ZZ"]
        self.providers = known["providing"].split(";") if known else ["ZZ"]
        self.ttl = f"ttl-{number % 3 + 1}"
        self.start = FIRST_PROPOSAL + timedelta(days=DAYS_BETWEEN_PROPOSALS * number)
        self.approved = self.project.thousands * 1000
        self.commands: list[Command] = []

    def day(self, after: int) -> date:
        """Return the day that is ``after`` days after the proposal; the next Monday for a weekend."""
        on = self.start + timedelta(days=after)
        return on + timedelta(days=(7 - on.weekday()) % 7) if on.weekday() > 4 else on

    def record(self, command: str, after: int, actor: str, filled: str = "the day", **fields: Any) -> int:
        """Add a command, and return the version of its entry in the grant's stream."""
        note = f"illustrative (not published): {filled}"
        reference = f"{self.title}: {len(self.commands) + 1}"
        words = make_command(
            "S4 Annex D", reference, command, self.day(after), actor, grant=self.grant, **fields
        )
        self.commands.append(words | {"note": note})
        return len(self.commands)

    def lines(self) -> list[Command]:
        """Return all commands of the project."""
        self._promise()
        self._exchange()
        self._report_outcomes()
        self._close()
        return self.commands

    def _promise(self) -> None:
        countries = "countries are S4's" if self.named else "countries are not stated (ZZ)"
        self.record(
            "ProposeGrant",
            0,
            self.ttl,
            "the day, amount (the 21 average the published USD 100,000), months, sector (read from the title)"
            f" and objective; the title is S4's, {countries}",
            title=self.title,
            window="stand_alone",
            recipients=self.recipients,
            providers=self.providers,
            sector=self.project.sector,
            objective=f"Learning from practitioners abroad: {self.title}",
            amount=usd(self.approved),
            months=12,
            **self._counterpart(),
        )
        self._request()
        self.record(
            "ReviewProposal",
            24,
            "reviewer-1",
            "the day, scores and advice",
            scores={"demand_driven": 4, "design": 3, "readiness": 4},
            advice="approve",
        )
        self.record(
            "ApproveGrant",
            30,
            "approver-1",
            "the day and amount (published average)",
            amount=usd(self.approved),
        )
        closing = str(self.day(45) + timedelta(days=300))
        self.record(
            "MakeEffective", 45, "secretariat-1", "the day and the closing date", closing_date=closing
        )

    def _counterpart(self) -> dict[str, Any]:
        """Return the institution that taught: in the one project that has the counterpart of S3."""
        is_taught = self.title == TAUGHT_BY_COUNTERPART
        return {"institutions": [{"institution": COUNTERPART, "role": "providing"}]} if is_taught else {}

    def _request(self) -> None:
        budget = self._budget()
        letters = [
            {"country": code, "ministry": "not stated", "dated": str(self.day(7))}
            for code in self.recipients
            if code != "ZZ"
        ]
        self.record(
            "RequestFunding",
            14,
            self.ttl,
            "the day, amount (published average), budget lines and letters",
            amount=usd(self.approved),
            budget=[
                {"line": line, "kind": KINDS[line], "amount": usd(amount)} for line, amount in budget.items()
            ],
            letters=letters,
        )

    def _budget(self) -> dict[str, int]:
        """Return the budget lines. Two projects reallocate what they plan for documentation."""
        travel = self.approved // 10 * 6
        documentation = self.approved // 10 if self.title in REALLOCATED else 0
        lines = {"travel": travel, "workshops": self.approved - travel - documentation}
        return lines | ({"documentation": documentation} if documentation else {})

    def _reallocate(self, needed: int) -> None:
        budget = self._budget()
        if needed > budget["workshops"]:
            self.record(
                "ReallocateBudget",
                112,
                "approver-1",
                "the reallocation, to show one",
                from_line="documentation",
                to_line="workshops",
                amount=usd(needed - budget["workshops"]),
                reason="The workshops cost more than planned",
            )

    def _exchange(self) -> None:
        first = self.approved // 10 * 6
        second = self.approved - first - self.project.unspent
        self._pay("P1", 60, "travel", first)
        days = {"starts": str(self.day(95)), "ends": str(self.day(95) + timedelta(days=4))}
        filled = "the days and the name; S4 says that 19 of the 21 held study tours, not which"
        countries = [*self.recipients, *(code for code in self.providers if code not in self.recipients)]
        instrument = "expert_visit" if self.title in NO_TOUR else "study_tour"
        tour = {"instrument": instrument, "countries": countries}
        self.record("PlanActivity", 70, self.ttl, filled, activity="A1", **tour, **days)
        self.record("HoldActivity", 105, self.ttl, filled, activity="A1", **days)
        self._reallocate(second)
        paid = self._pay("P2", 115, "workshops", second)
        if self.title == CORRECTED:
            self.project = self.project._replace(unspent=self.project.unspent + 400 + 250)
            filled = "the refund, to show one"
            self.record("RecordRefund", 130, "finance-1", filled, payment="P1", amount=usd(400))
            self.record(
                "CorrectEntry",
                150,
                "approver-2",
                "the correction, to show one",
                entry=paid,
                reads={"amount": usd(second - 250)},
                reason="The bank's advice of payment says 250 less",
            )
        self.record("CompleteImplementation", 165, self.ttl)
        if self.title == LATE_ENTRY:
            on = str(self.day(88))
            self.record(
                "HoldActivity",
                88,
                self.ttl,
                "the activity and its day, recorded after completion to show a late entry",
                activity="A0",
                starts=on,
                ends=on,
            )

    def _pay(self, payment: str, after: int, line: str, amount: int) -> int:
        filled = "the day, payee and amount (a part of the published average)"
        asked = {"payee": "a payee not stated", "category": line, "amount": usd(amount)}
        self.record("RequestPayment", after, self.ttl, filled, payment=payment, **asked)
        self.record("AuthorisePayment", after + 4, "finance-1", payment=payment)
        return self.record(
            "DisburseFunds", after + 8, "finance-2", filled, payment=payment, amount=usd(amount)
        )

    def _report_outcomes(self) -> None:
        evidence = "Marked for this project in S4, Annex D"
        results = RESULTS.get(self.title) or RESULTS_ELSEWHERE.get(self.title)
        more = "; which ten more of the 21 had concrete results" if self.title in RESULTS_ELSEWHERE else ""
        self.record(
            "ReportOutcomes",
            180,
            self.ttl,
            f"the day{more}; the outcomes are S4's Annex D and Box 2",
            outcomes=dict.fromkeys(self.outcomes, evidence),
            **({"results": results} if results else {}),
        )
        self._record_lessons()
        self._agree_follow_up()
        if self.title not in NO_SURVEY:
            self.record("RecordClientSurvey", 200, "secretariat-1", "the day and the count", respondents=12)
        self.record(
            "SubmitCompletionReport",
            215,
            self.ttl,
            summary="The exchange was held; S4 reviewed this project in depth",
        )
        self.record("AcceptCompletionReport", 225, "secretariat-1")
        self._settle_follow_up()

    def _record_lessons(self) -> None:
        if self.title in LESSONS:
            self.record(
                "RecordLesson", 182, self.ttl, "the day; the lesson is S4's Box 3", **LESSONS[self.title]
            )

    def _agree_follow_up(self) -> None:
        actions = {
            HANDED_OVER: ("Further exchanges while the reforms of the safety nets go on", "BZ"),
            DROPPED: ("A government agency that oversees hospitals", "SN"),
            WAITS: ("Special economic zones for the firms that invest", "HT"),
        }
        if self.title in actions:
            action, owner = actions[self.title]
            filled = "the day, owner, due date and what it needs; S4 tells of the need for follow-up"
            fields = {"follow_up": "F1", "action": action, "owner": owner, "due": str(self.day(240))}
            needs = usd(NEEDS[self.title])
            self.record("AgreeFollowUp", 185, self.ttl, filled, **fields, finance_needed=needs)

    def _settle_follow_up(self) -> None:
        filled = "the day; S4 tells that follow-up was missing"
        if self.title == HANDED_OVER:
            self.record("HandOverFollowUp", 230, self.ttl, filled, follow_up="F1", to="The country team")
        elif self.title == WAITS:
            self.record("HandOverFollowUp", 230, self.ttl, filled, follow_up="F1", to="The government")
        elif self.title == DROPPED:
            reason = "The technical and financial support that it needed was not there"
            self.record("DropFollowUp", 235, self.ttl, filled, follow_up="F1", reason=reason)

    def _close(self) -> None:
        if self.project.unspent:
            self.record(
                "CancelBalance",
                255,
                "approver-1",
                "the day and amount",
                amount=usd(self.project.unspent),
                reason="Unspent at the end",
            )
        marked = ", ".join(outcome.replace("_", " ") for outcome in self.outcomes)
        summary = SUMMARIES.get(self.title, f"The study of 2011 marks: {marked}.")
        story = {"title": self.title, "summary": summary}
        if self.title == LATE_STORY:
            self.record("CloseGrant", 300, "approver-1")
            filled = "the day, later than 180 days after completion to show a late story"
            self.record("PublishResultsStory", 390, "secretariat-1", filled, **story)
        else:
            if self.title not in NO_STORY:
                self.record("PublishResultsStory", 290, "secretariat-1", **story)
            self.record("CloseGrant", 300, "approver-1")


def _completed() -> Iterator[Command]:
    countries = {row["project"]: row for row in table("exchange_countries.csv")}
    for number, row in enumerate(table("completed_projects_outcomes.csv")):
        if row["project"] == TAUGHT_BY_COUNTERPART:
            yield from institutions("S3")
        yield from Life(number, row, countries).lines()


def lines() -> Iterator[str]:
    """Yield every line of ``facility.jsonl``, in order."""
    parts = (
        _officers,
        _partners,
        _completed,
        consultations,
        dialogue,
        call,
        other_grants,
        changes,
        set_aside,
    )
    for part in parts:
        for command in part():
            yield json.dumps(command, ensure_ascii=False)


if __name__ == "__main__":
    text = "".join(line + "\n" for line in lines())
    (HERE / "facility.jsonl").write_text(text, encoding="utf-8")
