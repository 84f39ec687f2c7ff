"""Each version of each event's stored form is kept as a file, and is read for ever.

A file that begins with ``recorded_at`` holds a whole entry as journals of format 2 held it: `grantbook move`
reads it. What comes after its envelope is the event as it is stored today. A file that is written now holds
the event alone.

``pytest --write-golden`` writes the files that are missing (of the newest version; an older one was
written when it was the newest). A file that is there is never changed: a changed form is a new version.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lifecycle.book.format_2 import entry_row
from lifecycle.call import call as on_call
from lifecycle.directory import events as on_directory
from lifecycle.fund import events as on_fund
from lifecycle.grant import events as on_grant
from lifecycle.journal.mapper import entry_of, stored_as, topic_of
from lifecycle.journal.stored_row import Stored, with_sum
from lifecycle.journal.upcasts import UPCASTS
from lifecycle.kernel.event import Event
from lifecycle.kernel.history import FUND, Entry

GOLDEN = Path(__file__).parents[2] / "golden"
KINDS: dict[str, type[Event]] = {
    **{f"grant/{event_class.__name__}": event_class for event_class in on_grant.EVENTS},
    **{f"fund/{event_class.__name__}": event_class for event_class in on_fund.EVENTS},
    **{f"call/{event_class.__name__}": event_class for event_class in on_call.EVENTS},
    **{f"directory/{event_class.__name__}": event_class for event_class in on_directory.EVENTS},
}
USD = "2000.00 USD"
LINES = [{"line": "travel", "amount": USD}]
ACTIVITY = {"activity": "A1"}
PAYMENT = {"payment": "P1"}
DAYS = {"starts": "2017-06-05", "ends": "2017-06-16", "starts_at": "2017-06-05T03:00:00Z", "minutes": 180}
ABOUT = {
    "direction": "two_way",
    "agenda": "Milk, then cheese",
    "topics": ["milk", "cold chain"],
    "initiated_by": "recipient",
}
PROPOSAL = {
    "title": "Filière laitière, 乳製品",
    "window": "oks",
    "recipients": ["TZ", "ZZ"],
    "providers": ["IN"],
    "sector": "agriculture",
    "objective": "A national strategy,\nin two parts",
    "outcomes_sought": ["enhanced_knowledge_and_skills"],
    "amount": "100000.00 USD",
    "months": 12,
    "institution": "Dairy Board",
    "operation": "P-1",
    "operation_kind": "lending",
    "execution": "recipient",
    "capabilities_planned": ["documenting_and_sharing"],
    "institutions": [{"institution": "MOA-TZ", "role": "receiving"}],
}
AT = [{"institution": "MOA-TZ", "role": "host"}]
CORRECTED = {"entry": 3, "reads": {"on": "2017-01-09", "amount": USD, "call": None}, "reason": "misread"}
DOCUMENT = {"name": "letter.pdf", "media_type": "application/pdf", "sha256": "0" * 64}
SOURCED = {"source": "S0"}
EDITION = {
    "name": "2017-01",
    "from": "2017-01-01",
    "agreement_required": True,
    "disbursement_grace": {"months": 4, **SOURCED},
    "clearances": [
        {
            "step": "idea_brief",
            "role": "reviewer",
            "before": "request",
            "days": 5,
            "no_objection": True,
            **SOURCED,
        }
    ],
    "roles": {"sector_manager": {"value": "the manager of the sector", **SOURCED}},
    "rating_scale": {"value": ["good", "bad"], **SOURCED},
    "late_after": {"days": 45, **SOURCED},
    "team_only": {"value": True, **SOURCED},
    "reallocation_share": {"value": "0.10", **SOURCED},
    "advance_days": {"value": 90, **SOURCED},
    "advance_ceiling": {"amount": "20000.00 USD", "share": "0.20", **SOURCED},
    "execution": {
        "recipient": {
            "agreement": {"value": True, **SOURCED},
            "methods": {"value": ["reimbursement", "advance"], **SOURCED},
        }
    },
    "windows": {
        "oks": {
            "max_amount": {"value": "150000.00 USD", **SOURCED},
            "max_months": {"value": 36, **SOURCED},
            "min_months": {"value": 12, **SOURCED},
            "min_recipients": {"value": 2, **SOURCED},
            "min_activities": {"value": 2, **SOURCED},
            "max_capacity_share": {"value": "0.20", **SOURCED},
            "institution": {"value": True, **SOURCED},
            "capabilities": {"value": ["solving_and_scaling"], **SOURCED},
        }
    },
    "obligations": {"review": {"days": 30, **SOURCED}, "development_outcome": {"years": 4, **SOURCED}},
}
DRAWS = [{"rank": 1, "agreement": "DK-1", "amount": USD}]
SAMPLES: Mapping[str, Mapping[str, Any]] = {
    "grant/GrantProposed": {**PROPOSAL, "call": "C1", "follows": "SSF-0"},
    "grant/GrantBroughtForward": {
        **PROPOSAL,
        "leader": "t.leader",
        "stage": "closed",
        **{
            f"{name}_on": f"2016-{month:02}-05"
            for month, name in enumerate(
                ("proposed", "approved", "signed", "effective", "completed", "report_accepted", "closed"),
                start=1,
            )
        },
        "closing_date": "2016-06-30",
        "ended_on": "2016-12-05",
        "approved": "90000.00 USD",
        "increased": "10000.00 USD",
        "cancelled": "5000.00 USD",
        "disbursed": "96000.00 USD",
        "refunded": "1000.00 USD",
        "lines": [
            {
                "line": "travel",
                "kind": "travel",
                "capacity": True,
                "amount": "95000.00 USD",
                "paid": "95000.00 USD",
            }
        ],
        "edition": "2008-10",
        "source": "The old register",
        "digest": "0" * 64,
    },
    "grant/ProposalRevised": {**PROPOSAL, "follows": "SSF-0", "reason": "asked for"},
    "grant/ProposalReturned": {"reason": "unclear"},
    "grant/FundingRequested": {
        "amount": USD,
        "budget": [{"line": "travel", "amount": USD, "capacity": True, "kind": "travel"}],
        "letters": [
            {
                "country": "TZ",
                "ministry": "Ministry of Livestock",
                "dated": "2017-01-05",
                "institution": "MOA-TZ",
            }
        ],
    },
    "grant/ProposalReviewed": {"scores": {"design": "4.5", "readiness": "3"}, "advice": "approve"},
    "grant/GrantApproved": {
        "amount": USD,
        "lines": LINES,
        "conditions": ["a bank account"],
        "request_digest": "a" * 64,
        "edition": "2017-01",
    },
    "grant/ProposalDeclined": {"cause": "money", "reason": "no demand"},
    "grant/ProposalWithdrawn": {"reason": "no time"},
    "grant/ConditionMet": {"condition": "a bank account"},
    "grant/AgreementSigned": {},
    "grant/GrantMadeEffective": {"closing_date": "2018-03-31", "pool_waiver": "agreed by letter"},
    "grant/GrantLapsed": {"given_up": True, "reason": "unsigned"},
    "grant/ActivityPlanned": {
        **ACTIVITY,
        **DAYS,
        **ABOUT,
        "instrument": "video_conference",
        "countries": ["IN", "TZ"],
        "budget": "0.00 USD",
        "sites": [{"site": "Kampala", "time_zone": "Africa/Kampala"}],
        "institutions": AT,
    },
    "grant/ActivityRescheduled": {**ACTIVITY, **DAYS, "reason": "rain"},
    "grant/ActivityCancelled": {**ACTIVITY, "reason": "rain"},
    "grant/ActivityHeld": {
        **ACTIVITY,
        **DAYS,
        **ABOUT,
        "hosts": ["IN"],
        "giving": ["IN"],
        "receiving": ["TZ", "UG"],
        "participants": [{"country": "TZ", "women": 5, "men": 4, "not_stated": 1}],
        "cost": USD,
        "lessons": "Milk first.",
        "institutions": AT,
    },
    "grant/PaymentRequested": {
        **PAYMENT,
        "payee": "Dairy Board",
        "category": "travel",
        "amount": USD,
        "method": "advance",
        "payee_institution": "MOA-TZ",
    },
    "grant/ExpenditureDocumented": {
        **PAYMENT,
        "amount": USD,
        "lines": LINES,
        "ineligible": "5.00 USD",
        "period": "the first half of 2017",
        "document": "statement 1",
    },
    "grant/PaymentAuthorised": {**PAYMENT, "amount": USD},
    "grant/PaymentRejected": {**PAYMENT, "reason": "no invoice"},
    "grant/FundsDisbursed": {**PAYMENT, "amount": USD, "paid_amount": "4500000.00 TZS", "rate": "2250.00"},
    "grant/PaymentFailed": {**PAYMENT, "reason": "account closed"},
    "grant/RefundReceived": {"amount": USD, "split": [{**PAYMENT, "amount": USD}], "reason": "unused"},
    "grant/IrregularPaymentRecorded": {
        "payment": "X1",
        "of": "P1",
        "payee": "Dairy Board",
        "category": "travel",
        "amount": USD,
        "method": "advance",
        "rule": "PaymentAlreadyDisbursed",
        "reason": "paid by mistake",
        "payee_institution": "MOA-TZ",
    },
    "grant/CoFinancingRecorded": {
        "kind": "in_kind",
        "source": "India",
        "amount": "5 JPY",
        "holding_amount": "0.04 USD",
    },
    "grant/CostRecorded": {"purpose": "supervision", "amount": "5 JPY", "holding_amount": "0.04 USD"},
    "grant/ClosingDateExtended": {
        "closing_date": "2018-06-30",
        "reason": "rain",
        "waiver": "a flood",
        "pool_waiver": "agreed by letter",
    },
    "grant/GrantAmended": {
        "title": "Milk to the towns",
        "sector": "water",
        "operation": "P123456",
        "operation_kind": "technical_assistance",
        "months": 18,
        "outcomes_sought": ["enhanced_networks"],
        "reason": "by letter",
    },
    "grant/LeaderAssigned": {"leader": "t.eacher", "deputies": ["t.leader"], "reason": "another country"},
    "grant/GrantRestructured": {
        "budget": [{"line": "travel", "amount": USD, "capacity": True, "kind": "travel"}],
        "window": "oks",
        "recipients": ["TZ"],
        "providers": ["IN"],
        "objective": "Another aim",
        "institution": "Dairy Board",
        "institutions": PROPOSAL["institutions"],
        "capabilities_planned": ["documenting_and_sharing"],
        "reason": "asked for",
        "edition": "2017-01",
    },
    "grant/CommitmentIncreased": {
        "amount": USD,
        "lines": LINES,
        "reason": "more countries",
        "pool_waiver": "agreed by letter",
    },
    "grant/BalanceCancelled": {
        "amount": USD,
        "lines": LINES,
        "reason": "saved",
    },
    "grant/BudgetReallocated": {
        "from_line": "travel",
        "to_line": "workshops",
        "amount": USD,
        "reason": "the venue costs more",
    },
    "grant/GrantSuspended": {"scope": "payments", "reason": "audit"},
    "grant/SuspensionLifted": {"scope": "payments", "reason": "audited"},
    "grant/GrantCancelled": {"reason": "unrest"},
    "grant/ProgressReported": {"period": "first year", "rating": "good", "narrative": "on track"},
    "grant/ImplementationCompleted": {},
    "grant/OutcomesReported": {"outcomes": {"raised_awareness": "a survey"}, "results": {"policy": "a law"}},
    "grant/CapabilityReached": {"capability": "solving_and_scaling", "evidence": "a course"},
    "grant/ProposalCleared": {"step": "idea_brief", "verdict": "objected", "comment": "too dear"},
    "grant/IndicatorSet": {
        "indicator": "jobs",
        "unit": "jobs",
        "baseline": "0",
        "target": "7000.5",
        "by": "2018-12-31",
        "disaggregation": ["women", "men"],
    },
    "grant/IndicatorMeasured": {
        "indicator": "jobs",
        "value": "3500",
        "source": "a survey",
        "parts": {"women": "1800"},
    },
    "grant/FollowUpAgreed": {
        "follow_up": "F1",
        "action": "pilot",
        "owner": "Ministry",
        "due": "2018-09-30",
        "finance_needed": USD,
    },
    "grant/FollowUpCompleted": {"follow_up": "F1", "evidence": "a report"},
    "grant/FollowUpDropped": {"follow_up": "F1", "reason": "no money"},
    "grant/FollowUpHandedOver": {"follow_up": "F1", "to": "Ministry"},
    "grant/CompletionReportSubmitted": {"summary": "it worked", "lessons": "Milk first."},
    "grant/CompletionReportAccepted": {},
    "grant/ClientSurveyRecorded": {
        "respondents": 12,
        "satisfaction": "4.5",
        "kind": "team_leaders",
        "scale": "1-5",
        "answers": [{"question": "Was it useful?", "answers": 11, "mean": "4.25"}],
    },
    "grant/ResultsStoryPublished": {"title": "Milk", "summary": "more", "url": "https://example.org/milk"},
    "grant/DevelopmentOutcomeRecorded": {"title": "Milk", "summary": "more", "url": "https://example.org/m"},
    "grant/ObligationWaived": {"obligation": "activity", "item": "A1", "reason": "rain"},
    "grant/GrantClosed": {},
    "grant/GrantReopened": {"reason": "a story to come"},
    "grant/EntryCorrected": CORRECTED,
    "grant/DocumentAttached": DOCUMENT,
    "fund/FundEstablished": {
        "name": "The Facility",
        "currency": "USD",
        "fiscal_year_start": 7,
        "time_zone": "America/New_York",
    },
    "fund/PolicyAdopted": {"edition": EDITION},
    "fund/OfficerAppointed": {"officer": "t.leader", "roles": ["ttl", "approver"]},
    "fund/SealingSwitched": {"sealing": "on_request"},
    "fund/OfficerRetired": {"officer": "t.leader", "roles": ["ttl"]},
    "fund/PartnerJoined": {"partner": "DK", "name": "Denmark", "kind": "traditional"},
    "fund/PartnerRenamed": {"partner": "DK", "name": "Kingdom of Denmark"},
    "fund/PartnerLeft": {"partner": "DK", "reason": "its aid goes elsewhere"},
    "fund/ConsultationHeld": {"partners": ["DK"], "summary": "met"},
    "fund/ContributionPledged": {
        "partner": "CO",
        "amount": "1000.00 COP",
        "holding_amount": "0.50 USD",
        "years": [2012, 2013],
        "condition": "a vote of congress",
    },
    "fund/DonorReportSubmitted": {
        "partner": "CO",
        "agreement": "CO-1",
        "until": "2012-12-31",
        "reference": "Annual report 2012",
    },
    "fund/PledgeConditionMet": {"partner": "CO", "condition": "a vote of congress"},
    "fund/ContributionAgreed": {
        "partner": "CO",
        "amount": "1000.00 COP",
        "holding_amount": "0.50 USD",
        "reference": "TF-1",
        "agreement": "DK-1",
        "valid_until": "2019-12-31",
        "end_disbursement": "2020-12-31",
        "preference": {
            "strength": "hard",
            "windows": ["oks"],
            "regions": ["Sub-Saharan Africa"],
            "countries": ["TZ"],
            "sectors": ["agriculture"],
        },
        "fee_percent": "5",
        "reports_every": 6,
        "report_days": 60,
    },
    "fund/ContributionAmended": {
        "agreement": "DK-1",
        "partner": "DK",
        "amount": "2000.00 USD",
        "holding_amount": "2000.00 USD",
        "valid_until": "2020-12-31",
        "end_disbursement": "2021-12-31",
        "preference": {"strength": "soft", "windows": ["oks"]},
        "fee_percent": "4",
        "reports_every": 12,
        "report_days": 90,
        "reason": "by letter",
    },
    "fund/InstalmentScheduled": {
        "partner": "CO",
        "instalment": "I1",
        "amount": "1000.00 COP",
        "due": "2019-01-01",
        "agreement": "DK-1",
    },
    "fund/InstalmentReceived": {
        "partner": "CO",
        "amount": "1000.00 COP",
        "holding_amount": "0.50 USD",
        "instalment": "I1",
        "agreement": "DK-1",
    },
    "fund/ObligationWaived": {"obligation": "instalment", "item": "CO/I1", "reason": "paid in kind"},
    "fund/FeeCharged": {"amount": USD, "reason": "trustee", "agreement": "DK-1"},
    "fund/IncomeCredited": {"amount": USD, "reason": "interest"},
    "fund/FundsReturned": {"partner": "DK", "amount": USD, "reason": "unused", "agreement": "DK-1"},
    "fund/FundClosed": {"reason": "the last grant is closed"},
    "fund/FundsSetAside": {
        "set_aside": "dialogues",
        "amount": USD,
        "call": "2012-1",
        "until": "2012-06-30",
        "reason": "dialogues of FY2012",
    },
    "fund/SetAsideReleased": {"set_aside": "dialogues", "amount": USD, "reason": "they begin"},
    "fund/SetAsideUsed": {"set_aside": "dialogues", "grant": "SSF-1", "amount": USD},
    "fund/SetAsideRefilled": {"set_aside": "dialogues", "grant": "SSF-1", "amount": USD},
    "fund/FundsCommitted": {
        "grant": "SSF-1",
        "amount": USD,
        "draws": [{"rank": 1, "agreement": "DK-1", "amount": USD}],
    },
    "fund/CommitmentIncreased": {
        "grant": "SSF-1",
        "amount": USD,
        "draws": [{"rank": 1, "agreement": "DK-1", "amount": USD}],
    },
    "fund/CommitmentReleased": {
        "grant": "SSF-1",
        "amount": USD,
        "draws": [{"rank": 1, "agreement": "DK-1", "amount": USD}],
    },
    "fund/OverpaymentRecorded": {"grant": "SSF-1", "amount": USD},
    "fund/OverpaymentSettled": {"grant": "SSF-1", "amount": USD},
    "fund/RowQuarantined": {
        "position": 21,
        "also": [22],
        "fault": "'Nonsense.v1' is no event of this program",
        "reason": "put in by SQL",
    },
    "fund/AnswerQuarantined": {
        "answer": 7,
        "answered": "forged-1",
        "fault": "NotInStage is no refusal that it can get",
        "reason": "put in by SQL",
    },
    "fund/EntryCorrected": {"entry": 3, "struck": True, "reason": "misread"},
    "fund/DocumentAttached": DOCUMENT,
    "grant/PartyInvolved": {"role": "facilitating", "country": "JP", "organization": "JICA"},
    "grant/ExpertEngaged": {"expert": "x.17", "phases": ["design", "monitoring"], "days": 5, "country": "IN"},
    "grant/LessonRecorded": {"worked": "Milk first.", "did_not_work": "Rain.", "why": "Farmers came."},
    "grant/FollowUpFinanced": {"follow_up": "F1", "amount": USD, "source": "Ministry"},
    "call/CallOpened": {
        "title": "Autumn",
        "window": "oks",
        "envelope": "250000.00 USD",
        "criteria": ["demand", "readiness"],
        "opens": "2017-02-01",
        "closes": "2017-03-31",
    },
    "call/CallClosed": {},
    "call/GrantSelected": {"grant": "SSF-1", "amount": USD},
    "call/SelectionReleased": {"grant": "SSF-1", "amount": USD},
    "call/EntryCorrected": CORRECTED,
    "directory/InstitutionRegistered": {
        "institution": "MOA-TZ",
        "name": "Ministry of Agriculture",
        "country": "TZ",
        "type": "government",
        "identifier": "TZ-BRLA-1",
        "focal_point": "Directorate of Policy",
    },
    "directory/InstitutionRenamed": {"institution": "MOA-TZ", "name": "Ministry of Food"},
    "directory/ExperienceOffered": {
        "offer": "IN-DAIRY",
        "country": "IN",
        "institution": "NDDB",
        "topic": "Dairy cooperatives",
        "sector": "agriculture",
        "summary": "Villages that sell milk together.",
    },
    "directory/OfferWithdrawn": {"offer": "IN-DAIRY", "reason": "no more capacity"},
    "directory/NeedVoiced": {
        "need": "TZ-DAIRY",
        "country": "TZ",
        "institution": "MOA-TZ",
        "challenge": "Milk does not reach the towns.",
        "sector": "agriculture",
        "measure": "litres sold a day",
        "baseline": "1,200",
    },
    "directory/NeedMet": {"need": "TZ-DAIRY", "grant": "SSF-1"},
    "directory/UseRecorded": {
        "story": "SSF-1",
        "by": "Ministry of Livestock of Uganda",
        "purpose": "a dairy strategy",
        "worth": 4,
    },
    "directory/EntryCorrected": CORRECTED,
}


def entry(name: str) -> Entry:
    """Return the entry whose event the newest golden file holds."""
    event = KINDS[name].model_validate({"on": "2017-01-10", "actor": "t.leader", **SAMPLES[name]})
    streams = {"fund": FUND, "grant": "grant:SSF-1", "call": "call:2017", "directory": "directory"}
    stream = streams[name.split("/", maxsplit=1)[0]]
    moment = datetime(2026, 1, 2, 3, 4, 5, 678, UTC)
    return Entry(stream, 1, event, moment, "admin", "0f9c2b1e-0000-4000-8000-000000000001", "by letter")


def file_of(name: str) -> Path:
    return GOLDEN / name.split("/", maxsplit=1)[0] / f"{topic_of(KINDS[name])}.json"


def files() -> list[str]:
    return sorted(path.relative_to(GOLDEN).as_posix() for path in GOLDEN.glob("*/*.json"))


def golden_row(path: str) -> Stored:
    """Return the row, in today's form, that a golden file is read as."""
    folder, topic = path.removesuffix(".json").split("/")
    state = (GOLDEN / path).read_bytes().removesuffix(b"\n")
    known = stored_as(entry(f"{folder}/{topic.partition('.')[0]}"))
    if b'{"recorded_at":"' in state:
        return entry_row(known.stream, known.version, topic, state)
    return with_sum(known._replace(topic=topic, state=state))


@pytest.mark.parametrize("name", KINDS)
def test_an_event_is_stored_as_its_golden_file(name: str, request: pytest.FixtureRequest) -> None:
    file = file_of(name)
    state = stored_as(entry(name)).state
    if not file.exists() and request.config.getoption("--write-golden"):
        file.write_bytes(state + b"\n")
    assert file.exists(), f"{file.name} is missing: write it with pytest --write-golden"
    golden = golden_row(file.relative_to(GOLDEN).as_posix())
    assert golden.state == state, "the stored form changed: that is a new version, with an upcaster"


@pytest.mark.parametrize("path", files())
def test_every_golden_file_is_read(path: str) -> None:
    folder, topic = path.removesuffix(".json").split("/")
    name = f"{folder}/{topic.partition('.')[0]}"
    read = entry_of(golden_row(path))
    assert type(read.event) is KINDS[name]
    if topic == topic_of(KINDS[name]):
        assert read == entry(name)._replace(rules=read.rules)
        assert stored_as(read) == golden_row(path)


def test_an_entry_without_a_number_was_judged_by_the_first_rule_set() -> None:
    path = "grant/AgreementSigned.v1.json"
    assert b"rules" not in (GOLDEN / path).read_bytes()
    assert entry_of(golden_row(path)).rules == 1


def test_a_suspension_without_a_scope_stopped_everything() -> None:
    read = entry_of(golden_row("grant/GrantSuspended.v1.json"))
    assert isinstance(read.event, on_grant.GrantSuspended)
    assert (read.event.scope, read.event.reason) == ("all", "audit")


def test_every_version_of_every_event_is_kept() -> None:
    wanted = {
        f"{name.split('/')[0]}/{event_class.__name__}.v{version}.json"
        for name, event_class in KINDS.items()
        for version in range(1, event_class.VERSION + 1)
    }
    assert wanted == set(files())


def test_every_old_version_has_its_upcaster() -> None:
    wanted = {
        (event_class.__name__, version)
        for event_class in KINDS.values()
        for version in range(1, event_class.VERSION)
    }
    assert wanted == set(UPCASTS)


@pytest.mark.parametrize("name", KINDS)
def test_a_sample_has_every_field(name: str) -> None:
    """A golden file notices a change only of the fields that it has."""
    event_class = KINDS[name]
    wanted = set(event_class.model_fields)
    if name.endswith("EntryCorrected"):
        wanted -= {"reads"} if name.startswith("fund/") else {"struck"}
    if name.endswith("RefundReceived"):
        wanted -= {"payment"}  # version 1 has it; with a payment there is no split
    assert entry(name).event.model_fields_set == wanted
