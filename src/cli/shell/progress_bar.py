"""Shows the progress of long work on stderr."""

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING

from cli.output.terminal_text import Progress
from cli.shell.settings import settings

if TYPE_CHECKING:
    from rich import progress


@contextmanager
def bar(description: str, total: int) -> Iterator[Callable[[int], None]]:
    """Draw a bar until the end of the block. The yielded function sets how much of ``total`` is done."""
    with _display() as display:
        task = display.add_task(description, total=total)
        yield lambda done: display.update(task, completed=done)


def steps_of(description: str) -> AbstractContextManager[Progress | None]:
    """Draw a bar on a terminal; each step passes what is done and the total. `None` without a terminal."""
    return _steps(description) if sys.stderr.isatty() else nullcontext(None)


@contextmanager
def _steps(description: str) -> Iterator[Progress]:
    with _display() as display:
        task = display.add_task(description, total=None)
        yield lambda done, total: display.update(task, completed=done, total=total)


def _display() -> "progress.Progress":
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    console = Console(stderr=True, no_color=settings().no_color or None)
    return Progress(*columns, console=console, transient=True)
