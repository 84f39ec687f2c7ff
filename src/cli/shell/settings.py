"""What holds for every command: which book, who asks, and in what form the answer goes."""

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from lifecycle.book.book import Book
    from projections.engine.detached_views import ViewsAlone

DEFAULT_BOOK = "grantbook"
"""The folder that is taken where no book is named and it is there."""


class Settings:
    """The global options, given before or after the command's own words."""

    def __init__(self) -> None:
        self.book: str | None = None
        self.officer: str | None = None
        self.json = False
        self.no_color = False
        self._warned = set[str]()
        """The warnings of stopped streams that were printed."""

    @property
    def color(self) -> bool:
        """Colour goes to a terminal only, and nowhere where it is unwanted."""
        return not self.no_color and "NO_COLOR" not in os.environ and sys.stdout.isatty()

    def who(self) -> str:
        """Return the officer who records. Raises ``UsageError`` if the name is no officer's id."""
        from lifecycle.parse import Malformed, recorder_from

        officer = (
            self.officer if self.officer is not None else os.environ.get("GRANTBOOK_OFFICER") or _login()
        )
        try:
            return recorder_from(officer)
        except Malformed as error:
            raise click.UsageError(f"--as: {error.problems[0][1]}: give your id as an officer") from None

    def where(self) -> str:
        """Return the address of the book. Raises ``UsageError`` if none is named."""
        if book := os.environ.get("GRANTBOOK_BOOK") if self.book is None else self.book:
            return book
        if self.book is None and os.path.exists(os.path.join(DEFAULT_BOOK, "book.toml")):  # noqa: PTH110, PTH118 pathlib would cost help 5 ms
            return DEFAULT_BOOK
        raise click.UsageError(
            "which book? Name it with --book PATH or the variable GRANTBOOK_BOOK; grantbook init makes one"
        )

    def open(
        self,
        *,
        confirm_clock: bool = False,
        read_only: bool = False,
        views: str | None = None,
        as_is: bool = False,
    ) -> "Book":
        """The book, open; ``views``: where they lie, if not with it. ``as_is``: whatever became of it.

        Raises ``Unreachable``, or ``Altered`` where it has lost what was sealed.
        """
        from lifecycle.book.book import Book

        book = Book.open(
            located(self.where()),
            confirm_clock=confirm_clock,
            read_only=read_only,
            views=None if views is None else located(views),
            as_is=as_is,
        )
        if not as_is:  # `health` and `audit` name such rows in their own answers
            self.warn(book)
        return book

    def warn(self, book: "Book") -> None:
        """Name on stderr each row at which a stream is stopped, once in a command."""
        for stop in book.journal.left_out.faults():
            if (sentence := str(stop)) not in self._warned:
                from cli.output.terminal_text import prose, say

                self._warned.add(sentence)
                say(f"warning: {prose(sentence)}", err=True)

    def reading(self, views: str | None) -> "Book | ViewsAlone":
        """The book, to be read; or the views at the place, alone and as they are. Raises ``Unreachable``."""
        if views is None:
            return self.to_read()
        from projections.engine.detached_views import ViewsAlone

        return ViewsAlone(located(views))

    def to_read(self) -> "Book":
        """The book. Of a folder the journal is only read: who may not write in it gets an answer, too."""
        from lifecycle.journal.addresses import is_address

        return self.open(read_only=not is_address(self.where()))


def _login() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise click.UsageError("who are you? Name yourself with --as OFFICER") from None


def located(text: str) -> Any:
    """Return a folder or the address of a database. Raises ``UsageError`` if it only resembles one."""
    from pathlib import Path

    from lifecycle.journal.addresses import is_address

    if is_address(text):
        return text
    if text.startswith(("postgres:", "postgresql:")) or "password=" in text:
        raise click.UsageError("the address of a database begins with postgresql://")  # no password is told
    return Path(text)


def settings() -> Settings:
    """Return the settings of the command that runs."""
    return click.get_current_context().find_root().ensure_object(Settings)


def _keep(name: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    def keep(ctx: click.Context, _: click.Parameter, value: Any) -> None:
        if value is not None and value is not False:  # an empty one was named: nothing else is taken for it
            setattr(ctx.find_root().ensure_object(Settings), name, value)

    return keep


def global_options() -> list[click.Option]:
    """Make the global options for one command: each takes them, so that people may type them anywhere."""

    def option(words: list[str], name: str, **more: Any) -> click.Option:
        return click.Option(words, expose_value=False, is_eager=True, callback=_keep(name), **more)

    return [
        option(["--book", "_book"], "book", metavar="PATH|URL", help="The book (or GRANTBOOK_BOOK)."),
        option(["--as", "_as"], "officer", metavar="OFFICER", help="Who records (or GRANTBOOK_OFFICER)."),
        option(["--json", "_json"], "json", is_flag=True, help="Answer in JSON, lists as JSON Lines."),
        option(["--no-color", "_no_color"], "no_color", is_flag=True, help="No colour."),
    ]


class Command(click.Command):
    """A command that takes the global options beside its own."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.params.extend(global_options())
