"""The log: a line for each write on stderr, JSON for machines and ``key=value`` on a terminal.

A line has names of commands, ids, outcomes and durations, and never personal data.
"""

import importlib
import os
import sys
from typing import Any


def line(event: str, **fields: Any) -> None:
    """Write one line, without the fields that are `None`. On a terminal only if ``GRANTBOOK_LOG`` is set."""
    if sys.stderr.isatty() and not os.environ.get("GRANTBOOK_LOG"):
        return
    structlog = _structlog()
    on_terminal = sys.stderr.isatty()
    renderer = structlog.processors.KeyValueRenderer() if on_terminal else structlog.processors.JSONRenderer()
    logger = structlog.wrap_logger(
        structlog.PrintLogger(sys.stderr),
        processors=[structlog.processors.TimeStamper(fmt="iso", utc=True), renderer],
    )
    logger.info(event, **{name: value for name, value in fields.items() if value is not None})


def _structlog() -> Any:
    """Import structlog without rich, and return it.

    structlog imports rich, if it is installed, for a renderer that is not used here. That takes longer than
    recording a command.
    """
    if "structlog" in sys.modules or "rich" in sys.modules:
        return importlib.import_module("structlog")
    sys.modules["rich"] = None  # type: ignore[assignment]
    try:
        return importlib.import_module("structlog")
    finally:
        del sys.modules["rich"]
