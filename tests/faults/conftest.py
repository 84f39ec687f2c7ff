"""How often each fault is tried, from what seed, and the table of what was seen.

Without more, each is tasted; FAULTS=full is the suite, FAULTS=long ten times that; FAULTS_SEED another run.
"""

from collections.abc import Callable, Iterator

import pytest

from support import faults_mode
from support.faults_mode import MODE, SEED

SEEN = "seen"


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """Of this test's dice: another for each test, the same in each run."""
    return SEED * 1_000_003 + sum(str(request.node.name).encode())


@pytest.fixture
def times() -> Callable[[int, int], int]:
    """How often: as a taste, or in full."""
    return faults_mode.times


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
