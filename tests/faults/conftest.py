"""How often each fault is tried, from what seed, and the table of what was seen.

Without more, each is tasted; FAULTS=full is the suite, FAULTS=long ten times that; FAULTS_SEED another run.
"""

import os
from collections.abc import Callable, Iterator

import pytest

MODE = os.environ.get("FAULTS", "taste")
SEED = int(os.environ.get("FAULTS_SEED", "1"))
SEEN = "seen"


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """Of this test's dice: another for each test, the same in each run."""
    return SEED * 1_000_003 + sum(str(request.node.name).encode())


@pytest.fixture
def times() -> Callable[[int, int], int]:
    """How often: as a taste, or in full."""

    def times(taste: int, full: int) -> int:
        counts: dict[str, int] = {"taste": taste, "full": full, "long": 10 * full}
        return counts[MODE]

    return times


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Note what was seen, for the table at the end."""
    return lambda told: record_property(SEEN, told)


@pytest.hookimpl(wrapper=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Iterator[None]:
    """What was tried and what was seen."""
    rows = [
        (report.nodeid.rpartition("::")[2], value)
        for report in terminalreporter.getreports("passed")
        for name, value in report.user_properties
        if name == SEEN and report.when == "call"
    ]
    if rows and MODE != "taste":
        terminalreporter.section(f"faults: {MODE}, seed {SEED}")
        for test, told in sorted(rows):
            terminalreporter.write_line(f"| {test} | {told} |")
    return (yield)
