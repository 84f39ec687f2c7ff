"""The reports: their columns, their figures on any day, and what was known when."""

import json
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given as hypothesis_given
from hypothesis import settings
from hypothesis import strategies as st

from lifecycle.book.book import Book
from lifecycle.parse import Malformed
from lifecycle.policy.edition import Window
from projections.engine.projector import catch_up
from projections.folds.windows import _CHECKS
from projections.query import REPORTS, run
from support import given as g
from support.given import (
    APPROVED,
    CLOSED,
    EFFECTIVE,
    FOLLOW_UP,
    PAID,
    REQUESTED,
    SIGNED,
    Past,
    given,
)
from support.reading import (
    ask,
    ask_past,
    in_memory,
    new_book,
    of,
    record,
    sql,
)

pytestmark = pytest.mark.usefixtures("views")

COLUMNS = {
    "register": "grant title window edition stage suspended sector recipients providers proposed_on"
    " approved_on signed_on effective_on closing_date completed_on closed_on ended_on rating"
    " declined_for operation operation_kind follows institutions leader deputies",
    "disbursement": "grant window currency approved increased cancelled committed requested disbursed"
    " refunded net_disbursed undisbursed overpaid committed_brought_forward disbursed_brought_forward"
    " first_paid_on last_paid_on share_disbursed share_elapsed",
    "windows": "grant window edition rule figure limit complies waived_by waived_on waiver",
    "budget": "grant line kind capacity approved reallocated requested disbursed refunded left share",
    "payments": "grant payment category payee payee_institution method currency asked authorised disbursed"
    " failed refunded overpaid documented ineligible status asked_on asked_by authorised_on authorised_by"
    " paid_on paid_by failed_on recorder recorded_at irregular",
    "timeline": "grant obligation item triggered_on due_on met_on status days superseded",
    "fund": "partner kind currency pledged agreed received received_holding fees income returned"
    " committed available name left_on conditional set_aside closed_on",
}


@pytest.mark.parametrize("name", COLUMNS)
def test_the_columns_are_those_of_the_design_and_the_sql_view_shows_them_as_of_today(
    tmp_path: Path, name: str
) -> None:
    with new_book(tmp_path / "book", CLOSED) as book:
        catch_up(book)
        columns = COLUMNS[name].split()
        day = None
        while day != _today(book):  # once, except near midnight
            day = _today(book)
            report = run(book, name, as_of=day)
            named = sql(book, f"SELECT {', '.join(map(_quoted, columns))} FROM {name}")
            whole = sql(book, f"SELECT * FROM {name}")
        assert report.columns == tuple(columns)
        assert report.known == book.position()
        plain = [tuple(json.dumps(c) if isinstance(c, list) else c for c in row) for row in report.rows]
        assert plain
        assert named == whole == plain


def _quoted(column: str) -> str:
    return f'"{column}"'


def _today(book: Book) -> date:
    now = "CURRENT_DATE" if book.views == book.path else "(now() AT TIME ZONE 'UTC')::date::text"
    return date.fromisoformat(sql(book, f"SELECT {now}")[0][0])


LIVES = {
    "closed": CLOSED,
    "paid": [
        *PAID,
        g.plan("05-02"),
        g.reschedule("05-20"),
        g.refund("06-01"),
        g.fail("07-01"),
        g.waive("07-02"),
    ],
    "suspended": [
        *SIGNED,
        g.make_effective("03-31"),
        g.suspend("04-02", scope="activities"),
        g.hold("06-16"),
    ],
    "lapsed": [*APPROVED, g.lapse("05-01")],
    "cancelled": [*PAID, g.extend("08-01", waiver="rain"), g.cancel("2018-05-01")],
    "withdrawn": [*REQUESTED, g.withdraw("02-02")],
}


@lru_cache
def lived(life: str) -> Past:
    return given(LIVES[life], g.charge_fee("02-01"), g.credit_income("03-01"), g.return_funds("04-01"))


@in_memory
@settings(max_examples=60, deadline=None)
@hypothesis_given(
    st.sampled_from(sorted(LIVES)),
    st.sampled_from(sorted(REPORTS)),
    st.dates(date(2017, 1, 5), date(2018, 7, 1)),
)
def test_as_of_a_day_is_what_the_entries_until_then_say(life: str, name: str, on: date) -> None:
    past = lived(life)
    assert ask_past(past, name, on) == ask_past(past, name, on, until=on)


@in_memory
@settings(max_examples=25, deadline=None)
@hypothesis_given(st.sampled_from(sorted(LIVES)), st.data())
def test_every_report_adds_up_on_every_day(life: str, data: st.DataObject) -> None:
    past = lived(life)
    on = data.draw(st.dates(date(2017, 1, 10), date(2018, 7, 1)))
    *_, total = ask_past(past, "fund", on)
    row = dict(zip(COLUMNS["disbursement"].split(), ask_past(past, "disbursement", on)[0], strict=True))
    assert total[COLUMNS["fund"].split().index("committed")] == row["committed"]
    assert total[COLUMNS["fund"].split().index("available")] == str(past.fund.available.at(on))


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("disbursement", {"by": "weather"}, "weather is not a key"),
        ("windows", {"by": "window"}, "windows is not summed"),
        ("disbursement", {"by": "window", "grant": "G"}, "no grant 'G'"),
        ("weather", {}, "there is no report weather"),
    ],
)
def test_an_unknown_report_key_or_grant_is_refused(
    tmp_path: Path, name: str, options: dict[str, str], message: str
) -> None:
    with new_book(tmp_path / "book") as book, pytest.raises(Malformed, match=message):
        run(book, name, as_of=date(2018, 1, 1), by=options.get("by"), grant=options.get("grant"))


# ── windows ──────────────────────────────────────────────────────────────────────────────────


def findings(rows: list[dict[str, Any]]) -> dict[str, tuple[Any, ...]]:
    return {row["rule"]: (row["figure"], row["limit"], row["complies"]) for row in rows}


@in_memory
def test_every_rule_that_a_window_may_have_is_judged() -> None:
    assert set(_CHECKS) == {*Window.model_fields, "capabilities_planned"}


@pytest.mark.case("D10")
def test_a_waiver_is_shown_beside_the_breach_that_it_covers(tmp_path: Path) -> None:
    def waived(on: str, **options: Any) -> list[object]:
        (row,) = [row for row in ask(book, "windows", on, **options) if row["rule"] == "max_months"]
        return [row[name] for name in ("figure", "complies", "waived_by", "waived_on", "waiver")]

    nobody = [None, None, None]
    with new_book(tmp_path / "book", EFFECTIVE) as book:
        known = book.position()
        record(book, g.extend("2018-02-15", waiver="floods"))
        assert waived("2018-02-14") == ["12", True, *nobody]
        assert waived("2018-02-15") == ["15", False, "a.prover", "2018-02-15", "floods"]
        assert waived("2018-02-15", known=known) == ["12", True, *nobody]
        record(book, g.extend("2018-03-01", closing_date="2018-07-31", waiver="more floods"))
        assert waived("2018-02-28")[1:] == [False, "a.prover", "2018-02-15", "floods"]
        assert waived("2018-03-01")[1:] == [False, "a.prover", "2018-03-01", "more floods"]
        struck = g.correct("2018-03-02", entry=len(EFFECTIVE) + 2, struck=True)
        record(book, struck)
        assert waived("2018-03-01")[1:] == [False, "a.prover", "2018-02-15", "floods"]


@pytest.mark.case("D10")
def test_a_waiver_that_nothing_needed_covers_nothing(tmp_path: Path) -> None:
    life = [*SIGNED, g.make_effective("03-31", closing_date="2017-12-31")]
    with new_book(
        tmp_path / "book", life, g.extend("06-01", closing_date="2018-03-31", waiver="rain")
    ) as book:
        (row,) = [row for row in ask(book, "windows", "07-01") if row["rule"] == "max_months"]
        assert (row["complies"], row["waived_by"], row["waiver"]) == (True, None, None)
        held = [g.plan("06-10"), g.hold("2018-05-01", starts="2018-04-20", ends="2018-04-30")]
        record(book, held)
        (row,) = [row for row in ask(book, "windows", "2018-05-01") if row["complies"] is False]
        assert (row["rule"], row["waiver"]) == ("activity_after_closing_date", None)


PROGRAMMATIC = [
    g.propose("01-10", window="programmatic"),
    g.request(
        "01-20",
        budget=[
            {"line": "travel", "amount": "80000.00 USD"},
            {"line": "share", "amount": "20000.00 USD", "capacity": True},
        ],
    ),
    g.approve("02-10"),
    g.sign("03-01"),
    g.make_effective("03-31", closing_date="2018-06-15"),
]


def test_each_rule_with_the_figure_that_decides_it(tmp_path: Path) -> None:
    life = [*PROGRAMMATIC, g.plan("04-10"), g.hold("06-16"), g.complete("2018-03-01")]
    with new_book(tmp_path / "book", life) as book:
        assert ask(book, "windows", "02-09") == []
        assert findings(ask(book, "windows", "02-10")) == {
            "max_months": (None, "36", None),
            "min_months": (None, "12", None),
            "min_recipients": ("2", "2", True),
            "min_activities": ("0", "2", None),
            "max_capacity_share": ("0.2000", "0.20", True),
        }
        effective = findings(ask(book, "windows", "2018-02-28"))
        assert effective["max_months"] == ("15", "36", True)
        assert effective["min_months"] == ("14", "12", True)
        assert effective["min_activities"] == ("1", "2", None)
        assert findings(ask(book, "windows", "2018-03-01"))["min_activities"] == ("1", "2", False)


def test_a_waived_extension_shows_that_the_span_is_broken(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", EFFECTIVE, g.extend("2018-02-15", waiver="floods")) as book:
        assert findings(ask(book, "windows", "2018-02-14"))["max_months"] == ("12", "12", True)
        assert findings(ask(book, "windows", "2018-02-15"))["max_months"] == ("15", "12", False)


def test_the_commitment_is_measured_against_the_maximum(tmp_path: Path) -> None:
    life = [g.propose("2012-01-10"), g.request("2012-01-20"), g.approve("2012-02-10")]
    with new_book(tmp_path / "book", life) as book:
        assert findings(ask(book, "windows", "2012-02-10")) == {"max_amount": ("90000.00", "150000.00", True)}


def test_money_that_comes_back_after_the_end_lowers_the_commitment(tmp_path: Path) -> None:
    """The windows report has the commitment of the disbursement report, on every day."""
    life = [g.propose("2012-01-10"), g.request("2012-01-20"), g.approve("2012-02-10")]
    life += [g.make_effective("2012-03-01", closing_date="2013-03-01")]
    for payment in ("P1", "P2"):
        life += [g.request_payment("2012-04-01", payment=payment), g.authorise("2012-04-02", payment=payment)]
        life += [g.disburse("2012-04-03", payment=payment)]
    life += [g.cancel("2012-05-01"), g.fail("2012-06-01", payment="P2"), g.refund("2012-07-01")]
    with new_book(tmp_path / "book", life) as book:
        for on, committed in (
            ("2012-04-30", "90000.00"),
            ("2012-05-01", "4000.00"),
            ("2012-05-31", "4000.00"),
            ("2012-06-01", "2000.00"),
            ("2012-06-30", "2000.00"),
            ("2012-07-01", "1500.00"),
        ):
            assert findings(ask(book, "windows", on))["max_amount"] == (committed, "150000.00", True)


def test_knowledge_sharing_needs_an_institution_and_both_capabilities_planned_and_reached(
    tmp_path: Path,
) -> None:
    life = [
        g.propose(
            "01-10",
            window="oks",
            institution="Dairy Board",
            capabilities_planned=["documenting_and_sharing", "solving_and_scaling"],
        ),
        *EFFECTIVE[1:],
        g.reach("04-10"),
        g.complete("05-01"),
    ]
    with new_book(tmp_path / "book", life) as book:
        capabilities = "documenting_and_sharing, solving_and_scaling"
        assert findings(ask(book, "windows", "04-30")) == {
            "institution": ("Dairy Board", "required", True),
            "capabilities_planned": (capabilities, capabilities, True),
            "capabilities": ("solving_and_scaling", capabilities, None),
        }
        record(book, g.reach("06-01", capability="documenting_and_sharing"))
        assert findings(ask(book, "windows", "05-01"))["capabilities"] == (
            "solving_and_scaling",
            capabilities,
            False,
        )
        assert findings(ask(book, "windows", "06-01"))["capabilities"] == (capabilities, capabilities, True)


def test_breaches_are_shown(tmp_path: Path) -> None:
    life = [
        *EFFECTIVE,
        g.irregular("05-01"),
        g.suspend("05-10", scope="activities"),
        g.hold("06-16"),
        g.lift("06-20"),
        g.hold("2018-05-01", activity="A2", starts="2018-04-02", ends="2018-04-20"),
    ]
    with new_book(tmp_path / "book", life) as book:
        breaches = findings(ask(book, "windows", "2018-12-31"))
        assert breaches["irregular_payment"] == ("X1 1000.00", "DisbursementDeadlinePassed", False)
        assert breaches["activity_in_suspension"] == (
            "A1 2017-06-05/2017-06-16",
            "suspended: activities",
            False,
        )
        assert breaches["activity_after_closing_date"] == ("A2 2018-04-02/2018-04-20", "2018-03-31", False)
        assert "irregular_payment" not in findings(ask(book, "windows", "04-30"))


# ── timeline, register, fund ─────────────────────────────────────────────────────────────────


def test_the_overdue_come_first_the_latest_at_the_top(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", EFFECTIVE, g.schedule("01-01"), of("SSF-2", REQUESTED)) as book:
        rows = ask(book, "timeline", "2018-07-05")
        urgency = {"overdue": 0, "due_soon": 1, "upcoming": 2}
        assert [urgency.get(row["status"], 3) for row in rows] == sorted(
            urgency.get(row["status"], 3) for row in rows
        )
        overdue = [row["days"] for row in rows if row["status"] == "overdue"]
        assert overdue == sorted(overdue, reverse=True)
        assert (rows[0]["grant"], rows[0]["obligation"], rows[0]["days"]) == ("SSF-2", "review", 501)
        (instalment,) = [row for row in rows if row["obligation"] == "instalment"]
        assert (instalment["grant"], instalment["item"], instalment["due_on"]) == (
            None,
            "DK/I1",
            "2019-01-01",
        )
        assert {row["status"] for row in rows if row["obligation"] == "disbursement_deadline"} == {
            "due_soon",
            "not_started",
        }
        assert {row["grant"] for row in ask(book, "timeline", "2018-07-05", grant="SSF-2")} == {"SSF-2"}


def test_obligations_are_counted_by_status(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", EFFECTIVE, of("SSF-2", REQUESTED)) as book:
        rows = {row["obligation"]: row for row in ask(book, "timeline", "2018-07-05", by="obligation")}
        every = ask(book, "timeline", "2018-07-05")
        assert (rows["review"]["met"], rows["review"]["overdue"]) == (1, 1)
        assert sum(sum(v for v in row.values() if isinstance(v, int)) for row in rows.values()) == len(every)


def test_a_suspension_is_in_the_register_while_it_holds(tmp_path: Path) -> None:
    life = [*EFFECTIVE, g.suspend("05-01", scope="payments"), g.suspend("05-02"), g.lift("05-05")]
    with new_book(tmp_path / "book", life) as book:
        suspended = [ask(book, "register", on)[0]["suspended"] for on in ("04-30", "05-01", "05-02", "05-05")]
        assert suspended == [None, "payments", "payments, all", None]


def test_the_fund_by_partner_and_currency(tmp_path: Path) -> None:
    facts = [
        g.join("2010-01-01", partner="IN", name="India", kind="emerging"),
        g.pledge("2010-01-01", partner="IN", amount="1000.00 INR", holding_amount="15.00 USD"),
        g.pledge("2010-01-02", amount="1000.00 USD"),
        g.receive("2010-02-01", partner="IN", amount="500.00 INR", holding_amount="7.50 USD"),
        g.agree_contribution("2010-02-01", amount="900.00 USD"),
        g.join("2010-01-01", partner="CN", name="China", kind="emerging"),
        g.charge_fee("2010-03-01"),
        g.credit_income("2010-03-02", amount="30.00 USD"),
        g.return_funds("2010-03-03"),
    ]
    with new_book(tmp_path / "book", facts, APPROVED) as book:
        names = "partner kind currency pledged agreed received received_holding".split()
        cells = [tuple(row[name] for name in names) for row in ask(book, "fund", "2017-12-31")]
        assert cells == [
            ("CN", "emerging", "USD", "0.00", "0.00", "0.00", "0.00"),
            ("DK", "traditional", "USD", "1000.00", "900.00", "500000.00", "500000.00"),
            ("IN", "emerging", "INR", "1000.00", "0.00", "500.00", "7.50"),
            (None, None, "USD", "1015.00", None, None, "500007.50"),
        ]
        assert list(ask(book, "fund", "2017-12-31")[-1].values())[7:12] == [
            "10.00",
            "30.00",
            "10.00",
            "90000.00",
            "410017.50",
        ]
        assert ask(book, "fund", "2008-09-30")[-1]["available"] == "0.00"


def test_what_was_known_earlier_is_asked_of_the_same_selects(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", FOLLOW_UP) as book:
        catch_up(book)
        known = book.position()
        rows = {name: ask(book, name, "2018-06-01") for name in COLUMNS}
        record(book, g.irregular("05-20"), of("SSF-2", REQUESTED), g.charge_fee("2018-01-01"))
        for name in COLUMNS:
            assert ask(book, name, "2018-06-01", known=known) == rows[name]
            assert ask(book, name, "2018-06-01") != rows[name] or name == "register"
        with pytest.raises(Malformed, match="knows no grant 'SSF-2' at that time"):
            ask(book, "register", "2018-06-01", known=known, grant="SSF-2")
        assert run(book, "register", as_of=date(2018, 6, 1), known=known).known == known
