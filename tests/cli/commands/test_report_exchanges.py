"""Every report agrees on who hosted, gave and received in an exchange."""

from typing import Any

import pytest

from support.cli_shell import (
    Shell,
    life,
    officers,
    on_grant,
)

DAYS = {"starts": "2017-06-05", "ends": "2017-06-16"}


def hold_study_tour(gb: Shell, providers: list[str], recipients: list[str], **held: Any) -> None:
    """Record a grant with these countries, and hold one activity, planned for some of them."""
    planned = held.pop("planned")
    letter = {"ministry": "M", "dated": "2017-01-05"}
    changes: dict[str, dict[str, object]] = {
        "ProposeGrant": {"recipients": recipients, "providers": providers},
        "RequestFunding": {
            "letters": [{"country": code, **letter} for code in recipients if code != "ZZ"],
        },
    }
    lines = [line | changes.get(line["command"], {}) for line in life()[: len(officers()) + 5]]
    if planned:
        plan = {"activity": "A1", "instrument": "study_tour", "countries": planned, **DAYS}
        lines.append(on_grant("PlanActivity", "2017-04-10", "leader", **plan))
    lines.append(on_grant("HoldActivity", "2017-06-16", "leader", activity="A1", **DAYS, **held))
    result = gb("record", gb.file(lines))
    assert result.code == 0, result.out


def figures(gb: Shell) -> dict[str, Any]:
    """Check that the reports agree, and return the countries that took part and gave, and the pairs."""
    countries = gb("--json", "report", "countries").rows
    exchange = gb("--json", "report", "exchanges").row
    by_country = gb("--json", "report", "exchanges", "--by", "country").rows
    value = gb("--json", "report", "value").rows
    pairs = gb("--json", "report", "countries", "--by", "pair").rows
    offers = {
        row["provider"]: row["held"]
        for row in gb("--json", "library", "match", "--need", "dairy", "--recipient", "PE").rows
    }
    sector = gb("--json", "report", "countries", "--by", "sector").row
    held = {row["country"]: row["held"] for row in countries if row["held"] and row["country"]}
    assert held == {row["country"]: row["held"] for row in by_country if row["country"] not in (None, "ZZ")}
    assert set(held) == set(exchange["countries"]) - {"ZZ"}
    assert value[-1]["activities"] == countries[-1]["held"] == 1
    assert value[-1]["pairs"] == len(pairs)
    assert offers == dict.fromkeys(exchange["giving"], 1)
    assert sector["delivered"] == len(exchange["giving"])
    pairs_that_met = {(row["provider"], row["recipient"]) for row in pairs if row["held"]}
    assert pairs_that_met == {
        (provider, recipient)
        for provider in exchange["giving"]
        for recipient in exchange["receiving"]
        if provider != recipient
    }
    progress_report = gb("report", "progress", "--year", "2017").out
    for code in held:
        name = next(row["name"] for row in countries if row["country"] == code)
        assert f"| {name} |" in progress_report
    return {"present": sorted(held), "pairs": sorted(pairs_that_met), "giving": sorted(exchange["giving"])}


@pytest.mark.case("X1")
@pytest.mark.both_stores
@pytest.mark.parametrize(
    ("held", "present", "pairs"),
    [
        # Only SN sent participants, but BR, which gave, was present too. SG took no part.
        ({"planned": ["SN", "BR"], "participants": [{"country": "SN", "women": 3}]}, "BR SN", "BR>SN"),
        ({"planned": ["SN", "BR"]}, "BR SN", "BR>SN"),
        ({"planned": ["SN"], "hosts": ["SG"]}, "SG SN", "SG>SN"),
        ({"planned": ["SN"], "host": "BR"}, "BR SN", "BR>SN"),
        ({"planned": ["SN"]}, "SN", ""),
        ({"planned": [], "participants": [{"country": "KE", "men": 1}]}, "KE", ""),
        ({"planned": [], "participants": [{"country": "ZZ", "men": 1}]}, "", ""),
        ({"planned": ["SN", "BR", "SG", "KE"], "giving": ["SG"]}, "KE SG SN", "SG>SN"),
        ({"planned": ["SN", "BR"], "giving": ["BR", "JP"], "receiving": ["ML"]}, "BR JP ML", "BR>ML JP>ML"),
    ],
)  # fmt: skip
def test_every_report_agrees_on_who_took_part_in_an_exchange(
    gb: Shell, held: dict[str, Any], present: str, pairs: str
) -> None:
    hold_study_tour(gb, ["BR", "SG", "ZZ"], ["SN", "ZZ"], **held)
    result = figures(gb)
    assert result["present"] == present.split()
    assert result["pairs"] == [tuple(pair.split(">")) for pair in pairs.split()]


@pytest.mark.case("X1")
def test_a_country_in_both_lists_does_both_and_is_no_pair_with_itself(gb: Shell) -> None:
    hold_study_tour(gb, ["IN", "TZ"], ["TZ", "UG"], planned=["TZ", "UG", "IN"])
    result = figures(gb)
    assert result["giving"] == ["IN", "TZ"]
    assert result["pairs"] == [("IN", "TZ"), ("IN", "UG"), ("TZ", "UG")]


@pytest.mark.case("X1")
def test_who_was_there_is_as_of_the_day_and_follows_a_correction(gb: Shell) -> None:
    hold_study_tour(gb, ["BR", "SG"], ["SN"], planned=["SN", "BR"])
    before = gb("--json", "views", "status").row["journal"]
    entry = gb("--json", "audit", "history", "G-1").rows[-1]["version"]
    correction = {"entry": entry, "reads": {"giving": ["SG"]}, "reason": "the minutes"}
    assert gb("record", gb.file([on_grant("CorrectEntry", "2018-01-01", "boss", **correction)])).code == 0
    assert figures(gb)["pairs"] == [("SG", "SN")]
    known = gb("--json", "report", "countries", "--by", "pair", "--known", str(before)).rows
    assert [(row["provider"], row["held"]) for row in known] == [("BR", 1), ("SG", 0)]
    earlier = gb("--json", "report", "countries", "--by", "pair", "--as-of", "2017-06-15").rows
    assert [row["held"] for row in earlier] == [0, 0]


@pytest.mark.case("X1")
def test_host_is_one_country_and_hosts_are_several(gb: Shell) -> None:
    hold_study_tour(gb, ["BR"], ["SN"], planned=["SN"], host="KE")
    assert gb("--json", "report", "exchanges").row["hosts"] == ["KE"]
    assert "in KE" in gb("audit", "history", "G-1").out
    words = ("activity", "hold", "G-1", "A2", "--starts", "2017-06-01", "--ends", "2017-06-02")
    result = gb(*words, "--host", "KE", "--hosts", "UG", "--actor", "leader")
    assert (result.code, "either host" in result.err) == (2, True), result.err
    result = gb(*words, "--host", "XX", "--actor", "leader")
    assert (result.code, "XX is not an ISO 3166-1" in result.err) == (2, True), result.err
    assert gb(*words, "--host", "KE", "--command-id", "h", "--actor", "leader").code == 0
    again = gb("--json", *words, "--hosts", "KE", "--command-id", "h", "--actor", "leader")
    assert (again.code, again.row["outcome"]) == (
        0,
        "repeat",
    )  # --host KE and --hosts KE are the same command.


@pytest.mark.case("X1")
def test_a_planned_country_that_is_not_stated_is_shown_and_gives_nothing(lived: Shell) -> None:
    unnamed = {"recipients": ["ZZ", "TZ"], "providers": ["IN"], "reason": "x"}
    result = lived(
        "record",
        lived.file(
            [
                on_grant("RestructureGrant", "2017-09-01", "boss", **unnamed),
                on_grant("PlanActivity", "2017-09-02", "leader", activity="Z1", instrument="workshop")
                | {"countries": ["ZZ", "IN"], "starts": "2017-09-03", "ends": "2017-09-03"},
                on_grant("HoldActivity", "2017-09-03", "leader", activity="Z1")
                | {"starts": "2017-09-03", "ends": "2017-09-03"},
            ]
        ),
    )
    assert result.code == 0, result.out
    row = lived("--json", "report", "exchanges").row
    assert (row["countries"], row["giving"], row["receiving"]) == (["ZZ", "IN"], ["IN"], [])


@pytest.mark.case("M14")
def test_the_costs_of_activities_have_a_total_in_each_currency(lived: Shell) -> None:
    held = [
        on_grant("HoldActivity", "2017-09-03", "leader", activity=name, cost=cost)
        | {"starts": "2017-09-03", "ends": "2017-09-03"}
        for name, cost in (("A1", "5.00 EUR"), ("A2", "1.00 USD"), ("A3", "2.50 USD"), ("A4", "0.00 EUR"))
    ]
    assert lived("record", lived.file(held)).code == 0
    lines_of_words = [line.split() for line in lived("report", "exchanges").out.splitlines()]
    assert [line for line in lines_of_words if line[:1] == ["total"]] == [
        ["total", "5.00", "EUR"],
        ["total", "3.50", "USD"],
    ]


@pytest.mark.case("X1")
def test_a_country_is_listed_once_and_one_not_stated_gives_nothing(lived: Shell) -> None:
    held = on_grant("HoldActivity", "2017-09-03", "leader", activity="A1", hosts=["TZ", "TZ"])
    held |= {"starts": "2017-09-03", "ends": "2017-09-03", "giving": ["ZZ", "IN"], "receiving": ["TZ", "TZ"]}
    assert lived("record", lived.file([held])).code == 0
    row = lived("--json", "report", "exchanges").row
    assert (row["hosts"], row["giving"], row["receiving"]) == (["TZ"], ["IN"], ["TZ"])
    assert set(row["countries"]) == {"TZ", "ZZ", "IN"}
