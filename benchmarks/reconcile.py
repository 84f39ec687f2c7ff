"""Holds every report of a made-up fund against the others, and against a recomputation by strangers' code.

    python benchmarks/reconcile.py --grants 5000 [--seed 1] [--runs 3]

The fund: whole lives (``lives.py``) over fifteen years, in the order in which they reach the book; a part
of them under the edition of 2008, which asks for no agreement. On top of them calls, contributions in
euros, fees, income, returns, co-financing, costs, failed payments, rejections, increases, suspensions,
follow-ups with finance, refunds after a cancellation, late entries and corrections. Some of these are
refused, as they would be in life. Then each report is asked as known now and as known earlier, timed as a
whole process (the median of the runs), and its sums are compared: by window = by sector = by region = by
partner = by period = over grants = recomputed from the exported entries (``recompute.py``).
"""

import argparse
import json
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from itertools import groupby
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from lives import FOUNDED, lives, usd
from recompute import Book

ROWS = list[dict[str, Any]]
Ask = Callable[[str, str | None], ROWS]
SUMS = "approved increased cancelled committed requested disbursed refunded net_disbursed undisbursed".split()
FLOWS = "approved increased cancelled requested disbursed refunded net_disbursed".split()
CRITERIA = ["demand_driven", "design", "readiness"]
GRANTS_A_COMMAND = 15.9
"""So many commands make a grant of ``lives.py`` on average."""


# ── the fund ─────────────────────────────────────────────────────────────────────────────────


def commands(grants: int, seed: int) -> Iterator[dict[str, Any]]:
    """The lives, and what happens around them."""
    all_words = list(lives(int(grants * GRANTS_A_COMMAND) + 70, seed))
    dice = random.Random(seed)
    founding = [words for words in all_words if "grant" not in words]
    yield from founding
    yield from _fund(grants)
    dated: list[tuple[str, dict[str, Any]]] = []
    for _, life in groupby(
        (words for words in all_words if "grant" in words), key=lambda words: words["grant"]
    ):
        latest = ""
        for words in _around(_dated(list(life), dice), dice):
            latest = max(latest, words["on"])
            dated.append((latest, words))
    for _, words in sorted(dated, key=lambda arrival: arrival[0]):
        yield words


def _dated(life: list[dict[str, Any]], dice: random.Random) -> list[dict[str, Any]]:
    """A third of the stand-alone lives, seven years earlier: under an edition without agreements."""
    if life[0]["window"] != "stand_alone" or dice.random() > 1 / 3:
        return life
    earlier = [_earlier(words) for words in life if words["command"] != "SignAgreement"]
    for words in earlier:
        if words["command"] == "CorrectEntry":
            words["entry"] -= 1  # what it corrects comes after the agreement that is not there
    return earlier


def _earlier(words: Any) -> Any:
    """The same with every day seven years earlier."""
    if isinstance(words, dict):
        return {name: _earlier(part) for name, part in words.items()}
    if isinstance(words, list):
        return [_earlier(part) for part in words]
    if isinstance(words, str) and _A_DAY.fullmatch(words):
        return str(date.fromisoformat(words) - _SEVEN_YEARS)
    return words


_A_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_SEVEN_YEARS = timedelta(days=7 * 365 + 2)


def _fund(grants: int) -> Iterator[dict[str, Any]]:
    finance = {"actor": "finance-01"}
    for year in range(2009, 2025):
        yield {"command": "ChargeFee", "on": f"{year}-03-31", "amount": "12345.67 USD", **finance}
        yield {"command": "CreditIncome", "on": f"{year}-06-30", "amount": "2345.01 USD", **finance}
        euros = {"partner": "NL", "amount": "1000.00 EUR", "holding_amount": "1234.56 USD"}
        yield {"command": "ReceiveInstalment", "on": f"{year}-09-30", **euros, **finance}
        yield {
            "command": "ReturnFunds",
            "on": f"{year}-12-31",
            "partner": "DK",
            "amount": "77.77 USD",
            **finance,
        }
        for window in ("stand_alone", "programmatic"):
            if year >= 2017 or window == "stand_alone":
                yield {
                    "command": "OpenCall",
                    "call": f"{year}-{window}",
                    "on": f"{year}-01-01",
                    "actor": "secretariat-01",
                    "window": window,
                    "envelope": usd(max(1, grants // 60) * 100_000),
                    "criteria": CRITERIA,
                    "closes": f"{year}-12-31",
                }


def _around(life: list[dict[str, Any]], dice: random.Random) -> Iterator[dict[str, Any]]:
    """One life with its extras, each on the day of a command of the life."""
    first = life[0]
    if dice.random() < 0.3:
        first["call"] = f"{first['on'][:4]}-{first['window']}"
    for words in life:
        yield words
        extra = _EXTRAS.get(words["command"])
        if extra is not None and (dice.random() < 0.25 or words["command"] == "CancelGrant"):
            leader = first["actor"]
            common = {"grant": words["grant"], "on": words["on"]}
            for more in dice.choice(extra):
                officer = {"ttl": leader}.get(more["actor"], more["actor"])
                yield {**common, **more, "actor": officer}


def _say(command: str, actor: str, **fields: Any) -> dict[str, Any]:
    return {"command": command, "actor": actor, **fields}


_EXTRAS: dict[str, list[list[dict[str, Any]]]] = {
    "ProposeGrant": [[_say("RecordCost", "ttl", purpose="preparation", amount="321.99 USD")]],
    "MakeEffective": [
        [
            _say("RequestPayment", "ttl", payment="PC", payee="Bank", category="other", amount="55.55 USD"),
            _say("AuthorisePayment", "finance-03", payment="PC"),
            _say("DisburseFunds", "finance-04", payment="PC", amount="55.55 USD"),
        ]
    ],
    "CancelGrant": [[_say("RecordRefund", "finance-03", payment="PC", amount="5.05 USD")]],
    "SignAgreement": [[_say("IncreaseCommitment", "approver-03", amount="500.55 USD")]],
    "HoldActivity": [
        [_say("RecordCoFinancing", "ttl", kind="cash", amount="100.10 USD")],
        [_say("RecordCoFinancing", "ttl", kind="in_kind", amount="50.00 EUR", holding_amount="61.03 USD")],
        [_say("RecordCoFinancing", "ttl", kind="private", amount="7.77 EUR")],
        [_say("RecordCost", "ttl", purpose="supervision", amount="15.15 USD")],
        [
            _say("RequestPayment", "ttl", payment="PX", payee="Bank", category="other", amount="33.33 USD"),
            _say("RejectPayment", "finance-03", payment="PX", reason="no invoice"),
        ],
        [
            _say("RequestPayment", "ttl", payment="PF", payee="Bank", category="other", amount="44.44 USD"),
            _say("AuthorisePayment", "finance-03", payment="PF"),
            _say("DisburseFunds", "finance-04", payment="PF", amount="44.44 USD"),
            _say("FailPayment", "finance-04", payment="PF", reason="closed account"),
        ],
        [
            _say("SuspendGrant", "approver-03", scope="activities", reason="unrest"),
            _say("LiftSuspension", "approver-03"),
        ],
        [
            _say("AgreeFollowUp", "ttl", follow_up="FX", action="a pilot", owner="TZ", due="2024-12-31"),
            _say("FinanceFollowUp", "ttl", follow_up="FX", amount="10.01 USD"),
        ],
        [
            _say(
                "RecordIrregularPayment",
                "approver-03",
                payment="PI",
                payee="Bank",
                amount="3.21 USD",
                rule="DisbursementDeadlinePassed",
                reason="by mistake",
            )
        ],
    ],
}


# ── the comparison ───────────────────────────────────────────────────────────────────────────


def differences(ask: Ask, mine: Book) -> list[str]:
    """Return what does not agree; nothing in a sound book."""
    differing: list[str] = []

    def same(what: str, got: object, want: object) -> None:
        if got != want:
            differing.append(f"{what}: {got} is not {want}")

    grants = {row["grant"]: row for row in ask("disbursement", None)}
    same("grants", sorted(grants), sorted(mine.by_grant))
    for name, row in grants.items():
        for column in SUMS:
            same(f"{name} {column}", Decimal(row[column]), mine.by_grant[name][column])
    whole = {column: sum(Decimal(row[column]) for row in grants.values()) for column in SUMS}
    periods = ("fiscal-year", "calendar-year", "quarter")
    for key in ("window", "sector", "region", "partner", *periods):
        rows = ask("disbursement", key)
        for column in FLOWS if key in periods else SUMS:
            same(f"by {key} {column}", sum(Decimal(row[column]) for row in rows), whole[column])
    _partners(ask, mine, differing)
    for key in ("window", "sector", *periods):
        wanted = mine.by(key)
        for row in ask("disbursement", key):
            name = row[key.replace("-", "_")]
            if key in periods and name not in wanted:
                same(f"{key} {name}", row["grants"], 0)  # a period with nothing but proposals
                continue
            for column in FLOWS if key in periods else SUMS:
                same(f"{key} {name} {column}", Decimal(row[column]), wanted[name][column])
    _fund_and_counts(ask, mine, whole, same)
    _grants(ask, mine, same)
    return differing


def _partners(ask: Ask, mine: Book, differing: list[str]) -> None:
    """Each partner has its exact share: less than two cents below it, at most it rounded up.

    That holds for commitments and fees together, so commitments alone may be a cent or two further off.
    """
    wanted, cent = mine.by("partner"), Decimal("0.01")
    for row in ask("disbursement", "partner"):
        for column in ("committed", "requested", "net_disbursed"):
            got, exact = Decimal(row[column]), wanted[row["partner"]][column]
            if abs(got - exact) >= 4 * cent:
                differing.append(f"partner {row['partner']} {column}: {got} is not {exact:.4f}")


def _grants(ask: Ask, mine: Book, same: Callable[..., None]) -> None:
    """What stands of each grant, and what is counted over them."""
    stage = {name: now["stage"] for name, now in mine.traits.items()}
    same("register", {row["grant"]: row["stage"] for row in ask("register", None)}, stage)
    spent = {row["grant"]: row["days"] for row in ask("stages", None)}
    same("days in all stages", spent, mine.days())
    counted: Counter[tuple[str, str]] = Counter()
    for row in ask("timeline", None):
        counted[row["obligation"], row["status"]] += 1
    for row in ask("timeline", "obligation"):
        for status, count in list(row.items())[1:]:
            same(f"{row['obligation']} {status}", count, counted.pop((row["obligation"], status), 0))
    same("obligations that no group has", dict(counted), {})
    follow_ups = ask("follow-ups", None)
    financed = sum((Decimal(row["finance_found"]) for row in follow_ups), Decimal(0))
    same("follow-ups", (len(follow_ups), financed), mine.follow_ups())
    same("surveys", len(ask("surveys", None)), mine.surveys())
    for row in ask("calls", None):
        got = tuple(row[name] for name in ("received", "selected", "declined", "withdrawn"))
        same(f"proposals of call {row['call']}", got, mine.answers(row["call"]))


def _fund_and_counts(ask: Ask, mine: Book, whole: dict[str, Any], same: Callable[..., None]) -> None:
    totals = mine.fund_totals()
    fund = ask("fund", None)[-1]
    for column in ("received_holding", "fees", "income", "returned", "committed", "available"):
        same(f"fund {column}", Decimal(fund[column]), totals[column])
    same("fund committed over grants", Decimal(fund["committed"]), whole["committed"])
    countries = ask("countries", None)[-1]
    same("countries", tuple(countries[name] for name in ("receiving", "providing", "both")), mine.countries())
    exchanges = ask("exchanges", "instrument")[-1]
    same("exchanges", (exchanges["held"], exchanges["participants"]), mine.held())
    same("people by country", ask("exchanges", "country")[-1]["participants"], mine.held()[1])
    outcomes = ask("outcomes", None)[-1]
    for name, count in mine.outcomes().items():
        same(f"outcome {name}", outcomes[name], count)
    for row in ask("calls", None):
        want = mine.selected().get(row["call"], Decimal(0))
        same(f"call {row['call']}", Decimal(row["selected_amount"]), want)
        same(f"call {row['call']} left", Decimal(row["left"]), Decimal(row["envelope"]) - want)
    value, beside = ask("value", None)[-1], mine.beside()
    same("co-financing", Decimal(value["cofinancing"]), beside["cofinancing"])
    same("costs", Decimal(value["preparation"]) + Decimal(value["supervision"]), beside["cost"])
    same("net disbursed of value", Decimal(value["net_disbursed"]), whole["net_disbursed"])
    for key in ("window", "sector"):
        rows = ask("value", key)
        for column in ("cofinancing", "net_disbursed", "supervision"):
            same(
                f"value by {key} {column}", sum(Decimal(row[column]) for row in rows), Decimal(value[column])
            )


# ── the run ──────────────────────────────────────────────────────────────────────────────────

GRANTBOOK = [sys.executable, "-m", "cli.main"]


class Spent(NamedTuple):
    """What a process took: seconds on the wall, and of processors, which a busy machine changes less."""

    wall: float
    processor: float


def run(*words: str, codes: tuple[int, ...] = (0,)) -> tuple[Spent, str]:
    """A whole process: what it took, and what it printed."""
    start, before = time.perf_counter(), _processor()
    done = subprocess.run([*GRANTBOOK, *words], capture_output=True, text=True, check=False)
    spent = Spent(time.perf_counter() - start, _processor() - before)
    if done.returncode not in codes:
        raise SystemExit(f"{' '.join(words)}: {done.stderr}")
    return spent, done.stdout


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> int:
    """Make the fund, ask everything, compare, and print the times."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--grants", type=int, default=5000)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--book", type=Path, help="one that is there already, made by this script")
    asked.add_argument("--runs", type=int, default=3)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = given.book or _made(Path(folder), given.grants, given.seed)
        return 1 if _reconciled(place, given.runs) else 0


def _made(folder: Path, grants: int, seed: int) -> Path:
    place, file = folder / "book", folder / "commands.jsonl"
    file.write_text("".join(json.dumps(words) + "\n" for words in commands(grants, seed)))
    run("init", str(place), "--name", "Made up", "--on", FOUNDED, "--as", "admin")
    # Some are refused, and some corrections name what an extra entry has shifted: malformed.
    spent, _ = run("--book", str(place), "--as", "admin", "record", str(file), "--continue", codes=(0, 1, 2))
    print(f"recorded in {spent.wall:.1f} s", flush=True)
    return place


def _reconciled(place: Path, runs: int) -> int:
    """How many differences there are."""
    book = ("--book", str(place), "--as", "admin")
    run(*book, "views", "update")
    _, text = run(*book, "audit", "entries")
    lines = text.splitlines()
    print(f"{len(lines):,} entries", flush=True)
    asked = (
        ("2019-06-30", None),
        ("2024-12-31", None),
        ("2024-12-31", len(lines) * 3 // 4),
        ("2021-12-31", len(lines) // 2),
    )
    return sum(_compare(book, lines, on, known, runs) for on, known in asked)


def _compare(book: tuple[str, ...], lines: list[str], on: str, known: int | None, runs: int) -> int:
    spent: dict[tuple[str, ...], list[Spent]] = defaultdict(list)
    dates = ("--as-of", on, *(() if known is None else ("--known", str(known))))

    def timed(*words: str) -> str:
        seconds, text = run(*book, *words, *dates)
        spent[words].append(seconds)
        return text

    @cache
    def ask(name: str, by: str | None) -> ROWS:
        text = timed("--json", "report", name, *(() if by is None else ("--by", by)))
        return [json.loads(line) for line in text.splitlines()]

    differing = differences(ask, Book(lines, on, known))
    for name in ("windows", "instalments", "parties", "experts", "consultations", "glance"):
        timed("--json", "report", name)
    for key in ("pair", "region", "income-group", "sector"):
        ask("countries", key)
    for words in (
        ("report", "progress", "--year", on[:4], "--format", "html"),
        ("library", "search", "national strategy"),
        ("library", "match", "--need", "national strategy", "--recipient", "TZ"),
    ):
        timed(*words)
    for _ in range(runs - 1):
        for words in list(spent):
            timed(*words)
    times = {
        " ".join(words).removeprefix("--json "): Spent(*map(median, zip(*each, strict=True)))
        for words, each in spent.items()
    }
    slowest = sorted(times, key=lambda name: -times[name].wall)
    print(f"as of {on}, known {known or 'now'}: {len(differing)} differences; {len(times)} reports, slowest:")
    for name in slowest[:5]:
        print(f"  {times[name].wall:5.2f} s, {times[name].processor:5.2f} s of processors: {name}")
    print(f"  {median(one.wall for one in times.values()):5.2f} s the median report", flush=True)
    for line in differing[:20]:
        print(f"  {line}")
    return len(differing)


if __name__ == "__main__":
    sys.exit(main())
