"""Shows on stderr how much of a long piece of work is done, if a terminal is there."""

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
    """Draw a bar that is gone at the end; it is given how much of the ``total`` is done."""
    with _drawn() as drawn:
        task = drawn.add_task(description, total=total)
        yield lambda done: drawn.update(task, completed=done)


def steps_of(description: str) -> AbstractContextManager[Progress | None]:
    """Draw a bar on a terminal, which is given the total with every step; `None` if there is no terminal."""
    return _steps(description) if sys.stderr.isatty() else nullcontext(None)


@contextmanager
def _steps(description: str) -> Iterator[Progress]:
    with _drawn() as drawn:
        task = drawn.add_task(description, total=None)
        yield lambda done, total: drawn.update(task, completed=done, total=total)


def _drawn() -> "progress.Progress":
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    console = Console(stderr=True, no_color=settings().no_color or None)
    return Progress(*columns, console=console, transient=True)
