"""How often each fault is tried, from which seed, and the table of results.

By default each fault is tried a few times. FAULTS=full runs the whole suite, FAULTS=long ten times as many;
FAULTS_SEED gives another run.
"""

from collections.abc import Callable, Iterator

import pytest

from support import faults_mode
from support.faults_mode import MODE, SEED

SEEN = "seen"


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """Return the seed of this test's dice: different for each test, the same in each run."""
    return SEED * 1_000_003 + sum(str(request.node.name).encode())


@pytest.fixture
def times() -> Callable[[int, int], int]:
    """Return the function that says how often a fault is tried."""
    return faults_mode.times


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Return a function that notes a summary for the table at the end."""
    return lambda summary: record_property(SEEN, summary)


@pytest.hookimpl(wrapper=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Iterator[None]:
    """Write the table of the tests' summaries."""
    rows = [
        (report.nodeid.rpartition("::")[2], value)
        for report in terminalreporter.getreports("passed")
        for name, value in report.user_properties
        if name == SEEN and report.when == "call"
    ]
    if rows and MODE != "taste":
        terminalreporter.section(f"faults: {MODE}, seed {SEED}")
        for test, summary in sorted(rows):
            terminalreporter.write_line(f"| {test} | {summary} |")
    return (yield)
