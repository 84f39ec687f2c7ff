"""How golden files come to be; the harness itself is `given`."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--write-golden``: for a new event, or a new version of one."""
    parser.addoption(
        "--write-golden",
        action="store_true",
        help="write the golden files that are missing; one that is there is never changed",
    )
