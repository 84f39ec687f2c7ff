"""The log: a line for each write on stderr, JSON for machines and ``key=value`` on a terminal.

Names of commands, ids, outcomes and durations only: never what was said of people.
"""

import sys
from typing import Any

import structlog


def line(event: str, **told: Any) -> None:
    """Write one line; what is `None` is left out."""
    on_terminal = sys.stderr.isatty()
    shown = structlog.processors.KeyValueRenderer() if on_terminal else structlog.processors.JSONRenderer()
    logger = structlog.wrap_logger(
        structlog.PrintLogger(sys.stderr),
        processors=[structlog.processors.TimeStamper(fmt="iso", utc=True), shown],
    )
    logger.info(event, **{name: value for name, value in told.items() if value is not None})
