"""Compares every report of a made-up fund with the others, and with a recomputation that shares no code.

    python benchmarks/reconcile.py --grants 5000 [--seed 1] [--runs 3]

The fund has whole lives (``lives.py``) over fifteen years, recorded in the order in which they reach the
book. Some of them are under the edition of 2008, which asks for no agreement. Added to them are calls,
contributions in euros, fees, income, returns, co-financing, costs, failed payments, rejections, increases,
suspensions, follow-ups with finance, refunds after a cancellation, late entries and corrections. Some are
refused. Then each report runs as known now and as known earlier. Each is timed as a whole process (the
median of the runs), and its sums are compared: by window = by sector = by region = by partner = by period =
over grants = recomputed from the exported entries (``recompute.py``).
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
"""How many commands a grant of ``lives.py`` has on average."""


# ── the fund ─────────────────────────────────────────────────────────────────────────────────


def commands(grants: int, seed: int) -> Iterator[dict[str, Any]]:
    """Yield the commands of the fund: the lives, and the additions to them."""
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
    """Move a third of the stand-alone lives to seven years earlier, under an edition without agreements."""
    if life[0]["window"] != "stand_alone" or dice.random() > 1 / 3:
        return life
    earlier = [_earlier(words) for words in life if words["command"] != "SignAgreement"]
    for words in earlier:
        if words["command"] == "CorrectEntry":
            words["entry"] -= 1  # the corrected entry came after the agreement, which was left out
    return earlier


def _earlier(words: Any) -> Any:
    """Return the words with every day seven years earlier."""
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
    """Yield the commands of a life with additions, each on the day of a command of the life."""
    first = life[0]
    if dice.random() < 0.3:
        first["call"] = f"{first['on'][:4]}-{first['window']}"
    for words in life:
        yield words
        additions = _ADDITIONS.get(words["command"])
        if additions is not None and (dice.random() < 0.25 or words["command"] == "CancelGrant"):
            leader = first["actor"]
            common = {"grant": words["grant"], "on": words["on"]}
            for addition in dice.choice(additions):
                officer = {"ttl": leader}.get(addition["actor"], addition["actor"])
                yield {**common, **addition, "actor": officer}


def _words(command: str, actor: str, **fields: Any) -> dict[str, Any]:
    return {"command": command, "actor": actor, **fields}


_ADDITIONS: dict[str, list[list[dict[str, Any]]]] = {
    "ProposeGrant": [[_words("RecordCost", "ttl", purpose="preparation", amount="321.99 USD")]],
    "MakeEffective": [
        [
            _words(
                "RequestPayment", "ttl", payment="PC", payee="Bank", category="travel", amount="55.55 USD"
            ),
            _words("AuthorisePayment", "finance-03", payment="PC"),
            _words("DisburseFunds", "finance-04", payment="PC", amount="55.55 USD"),
        ]
    ],
    "CancelGrant": [[_words("RecordRefund", "finance-03", payment="PC", amount="5.05 USD")]],
    "SignAgreement": [[_words("IncreaseCommitment", "approver-03", amount="500.55 USD")]],
    "HoldActivity": [
        [_words("RecordCoFinancing", "ttl", kind="cash", amount="100.10 USD")],
        [_words("RecordCoFinancing", "ttl", kind="in_kind", amount="50.00 EUR", holding_amount="61.03 USD")],
        [_words("RecordCoFinancing", "ttl", kind="private", amount="7.77 EUR")],
        [_words("RecordCost", "ttl", purpose="supervision", amount="15.15 USD")],
        [
            _words(
                "RequestPayment", "ttl", payment="PX", payee="Bank", category="travel", amount="33.33 USD"
            ),
            _words("RejectPayment", "finance-03", payment="PX", reason="no invoice"),
        ],
        [
            _words(
                "RequestPayment", "ttl", payment="PF", payee="Bank", category="travel", amount="44.44 USD"
            ),
            _words("AuthorisePayment", "finance-03", payment="PF"),
            _words("DisburseFunds", "finance-04", payment="PF", amount="44.44 USD"),
            _words("FailPayment", "finance-04", payment="PF", reason="closed account"),
        ],
        [
            _words("SuspendGrant", "approver-03", scope="activities", reason="unrest"),
            _words("LiftSuspension", "approver-03"),
        ],
        [
            _words("AgreeFollowUp", "ttl", follow_up="FX", action="a pilot", owner="TZ", due="2024-12-31"),
            _words("FinanceFollowUp", "ttl", follow_up="FX", amount="10.01 USD"),
        ],
        [
            _words(
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


def differences(ask: Ask, recomputed: Book) -> list[str]:
    """Return a line for each figure that differs. A sound book has none."""
    differing: list[str] = []

    def same(name: str, reported: object, expected: object) -> None:
        if reported != expected:
            differing.append(f"{name}: {reported} is not {expected}")

    grants = {row["grant"]: row for row in ask("disbursement", None)}
    same("grants", sorted(grants), sorted(recomputed.by_grant))
    for name, row in grants.items():
        for column in SUMS:
            same(f"{name} {column}", Decimal(row[column]), recomputed.by_grant[name][column])
    totals = {column: sum(Decimal(row[column]) for row in grants.values()) for column in SUMS}
    periods = ("fiscal-year", "calendar-year", "quarter")
    for key in ("window", "sector", "region", "partner", *periods):
        rows = ask("disbursement", key)
        for column in FLOWS if key in periods else SUMS:
            same(f"by {key} {column}", sum(Decimal(row[column]) for row in rows), totals[column])
    _partners(ask, recomputed, differing)
    for key in ("window", "sector", *periods):
        expected = recomputed.by(key)
        for row in ask("disbursement", key):
            name = row[key.replace("-", "_")]
            if key in periods and name not in expected:
                same(f"{key} {name}", row["grants"], 0)  # a period with proposals only
                continue
            for column in FLOWS if key in periods else SUMS:
                same(f"{key} {name} {column}", Decimal(row[column]), expected[name][column])
    _fund_and_counts(ask, recomputed, totals, same)
    _grants(ask, recomputed, same)
    return differing


def _partners(ask: Ask, recomputed: Book, differing: list[str]) -> None:
    """Compare the share of each partner, which is less than two cents below the exact share or rounded up.

    That holds for commitments and fees together, so commitments alone may differ by a cent or two more.
    """
    exact_shares, cent = recomputed.by("partner"), Decimal("0.01")
    for row in ask("disbursement", "partner"):
        for column in ("committed", "requested", "net_disbursed"):
            reported, exact = Decimal(row[column]), exact_shares[row["partner"]][column]
            if abs(reported - exact) >= 4 * cent:
                differing.append(f"partner {row['partner']} {column}: {reported} is not {exact:.4f}")


def _grants(ask: Ask, recomputed: Book, same: Callable[..., None]) -> None:
    """Compare the state of each grant, and the counts over all grants."""
    stage = {name: now["stage"] for name, now in recomputed.traits.items()}
    same("register", {row["grant"]: row["stage"] for row in ask("register", None)}, stage)
    days = {row["grant"]: row["days"] for row in ask("stages", None)}
    same("days in all stages", days, recomputed.days())
    counted: Counter[tuple[str, str]] = Counter()
    for row in ask("timeline", None):
        counted[row["obligation"], row["status"]] += 1
    for row in ask("timeline", "obligation"):
        for status, count in list(row.items())[1:]:
            same(f"{row['obligation']} {status}", count, counted.pop((row["obligation"], status), 0))
    same("obligations that no group has", dict(counted), {})
    follow_ups = ask("follow-ups", None)
    financed = sum((Decimal(row["finance_found"]) for row in follow_ups), Decimal(0))
    same("follow-ups", (len(follow_ups), financed), recomputed.follow_ups())
    same("surveys", len(ask("surveys", None)), recomputed.surveys())
    for row in ask("calls", None):
        reported = tuple(row[name] for name in ("received", "selected", "declined", "withdrawn"))
        same(f"proposals of call {row['call']}", reported, recomputed.answers(row["call"]))


def _fund_and_counts(
    ask: Ask, recomputed: Book, over_grants: dict[str, Any], same: Callable[..., None]
) -> None:
    totals = recomputed.fund_totals()
    fund = ask("fund", None)[-1]
    for column in ("received_holding", "fees", "income", "returned", "committed", "available"):
        same(f"fund {column}", Decimal(fund[column]), totals[column])
    same("fund committed over grants", Decimal(fund["committed"]), over_grants["committed"])
    countries = ask("countries", None)[-1]
    same(
        "countries",
        tuple(countries[name] for name in ("receiving", "providing", "both")),
        recomputed.countries(),
    )
    exchanges = ask("exchanges", "instrument")[-1]
    same("exchanges", (exchanges["held"], exchanges["participants"]), recomputed.held())
    same("people by country", ask("exchanges", "country")[-1]["participants"], recomputed.held()[1])
    outcomes = ask("outcomes", None)[-1]
    for name, count in recomputed.outcomes().items():
        same(f"outcome {name}", outcomes[name], count)
    for row in ask("calls", None):
        selected = recomputed.selected().get(row["call"], Decimal(0))
        same(f"call {row['call']}", Decimal(row["selected_amount"]), selected)
        same(f"call {row['call']} left", Decimal(row["left"]), Decimal(row["envelope"]) - selected)
    value, beside = ask("value", None)[-1], recomputed.beside()
    same("co-financing", Decimal(value["cofinancing"]), beside["cofinancing"])
    same("costs", Decimal(value["preparation"]) + Decimal(value["supervision"]), beside["cost"])
    same("net disbursed of value", Decimal(value["net_disbursed"]), over_grants["net_disbursed"])
    for key in ("window", "sector"):
        rows = ask("value", key)
        for column in ("cofinancing", "net_disbursed", "supervision"):
            same(
                f"value by {key} {column}", sum(Decimal(row[column]) for row in rows), Decimal(value[column])
            )


# ── the run ──────────────────────────────────────────────────────────────────────────────────

GRANTBOOK = [sys.executable, "-m", "cli.main"]


class Spent(NamedTuple):
    """What a process took: seconds on the wall, and of processors, which depend less on a busy machine."""

    wall: float
    processor: float


def run(*words: str, codes: tuple[int, ...] = (0,)) -> tuple[Spent, str]:
    """Run a command as a process, and return what it took and printed. Exit if its code is not expected."""
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
    """Make the fund, run all reports, compare them, and print the times."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--grants", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--book", type=Path, help="a book that this script made earlier")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        book = options.book or _made(Path(folder), options.grants, options.seed)
        return 1 if _reconciled(book, options.runs) else 0


def _made(folder: Path, grants: int, seed: int) -> Path:
    book, file = folder / "book", folder / "commands.jsonl"
    file.write_text("".join(json.dumps(words) + "\n" for words in commands(grants, seed)))
    run("init", str(book), "--name", "Made up", "--on", FOUNDED, "--as", "admin")
    # Some are refused. Some corrections are malformed: an added entry has moved the entry that they name.
    spent, _ = run("--book", str(book), "--as", "admin", "record", str(file), "--continue", codes=(0, 1, 2))
    print(f"recorded in {spent.wall:.1f} s", flush=True)
    return book


def _reconciled(path: Path, runs: int) -> int:
    """Return how many differences there are."""
    book = ("--book", str(path), "--as", "admin")
    run(*book, "views", "update")
    _, text = run(*book, "audit", "entries")
    lines = text.splitlines()
    print(f"{len(lines):,} entries", flush=True)
    dates = (
        ("2019-06-30", None),
        ("2024-12-31", None),
        ("2024-12-31", len(lines) * 3 // 4),
        ("2021-12-31", len(lines) // 2),
    )
    return sum(_compare(book, lines, on, known, runs) for on, known in dates)


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
        " ".join(words).removeprefix("--json "): Spent(*map(median, zip(*runs_of, strict=True)))
        for words, runs_of in spent.items()
    }
    slowest = sorted(times, key=lambda name: -times[name].wall)
    print(f"as of {on}, known {known or 'now'}: {len(differing)} differences; {len(times)} reports, slowest:")
    for name in slowest[:5]:
        print(f"  {times[name].wall:5.2f} s, {times[name].processor:5.2f} s of processors: {name}")
    print(f"  {median(spent.wall for spent in times.values()):5.2f} s the median report", flush=True)
    for line in differing[:20]:
        print(f"  {line}")
    return len(differing)


if __name__ == "__main__":
    sys.exit(main())
