"""The log: a line for each write on stderr, JSON for machines and ``key=value`` on a terminal.

Names of commands, ids, outcomes and durations only: never what was said of people.
"""

import importlib
import sys
from typing import Any


def line(event: str, **fields: Any) -> None:
    """Write one line; what is `None` is left out."""
    structlog = _structlog()
    on_terminal = sys.stderr.isatty()
    shown = structlog.processors.KeyValueRenderer() if on_terminal else structlog.processors.JSONRenderer()
    logger = structlog.wrap_logger(
        structlog.PrintLogger(sys.stderr),
        processors=[structlog.processors.TimeStamper(fmt="iso", utc=True), shown],
    )
    logger.info(event, **{name: value for name, value in fields.items() if value is not None})


def _structlog() -> Any:
    """The library, without rich: its console renderer, which we have no use for, would import all of it.

    That takes longer than to judge and record a command, and structlog does without it where it is missing.
    """
    if "structlog" in sys.modules or "rich" in sys.modules:
        return importlib.import_module("structlog")
    sys.modules["rich"] = None  # type: ignore[assignment]
    try:
        return importlib.import_module("structlog")
    finally:
        del sys.modules["rich"]
