"""The global options: which book, which officer, and in which form the output is."""

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from lifecycle.book.book import Book
    from projections.engine.detached_views import DetachedViews

DEFAULT_BOOK = "grantbook"
"""The folder that is opened if no book is named."""


class Settings:
    """The global options, which may stand before or after a command's words."""

    def __init__(self) -> None:
        self.book: str | None = None
        self.officer: str | None = None
        self.json = False
        self.no_color = False
        self._warned = set[str]()
        """Warnings of stopped streams that were printed already."""

    @property
    def color(self) -> bool:
        """Whether to write in colour: on a terminal, unless colour is switched off."""
        return not self.no_color and "NO_COLOR" not in os.environ and sys.stdout.isatty()

    def recorder(self) -> str:
        """Return the officer who records. Raises ``UsageError`` if the id has another form."""
        from lifecycle.parse import Malformed, recorder_from

        officer = (
            self.officer if self.officer is not None else os.environ.get("GRANTBOOK_OFFICER") or _login_name()
        )
        try:
            return recorder_from(officer)
        except Malformed as error:
            raise click.UsageError(f"--as: {error.problems[0][1]}: give your id as an officer") from None

    def address(self) -> str:
        """Return the book's folder or URL. Raises ``UsageError`` if no book is named."""
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
        """Open the book and return it.

        ``views`` names the place of its views, if they are not in the book. ``as_is`` opens it without the
        checks. Raises ``Unreachable``, or ``Altered`` if the book has lost entries that were sealed.
        """
        from lifecycle.book.book import Book

        book = Book.open(
            located(self.address()),
            confirm_clock=confirm_clock,
            read_only=read_only,
            views=None if views is None else located(views),
            as_is=as_is,
        )
        if not as_is:  # `health` and `audit` list these rows in their own output
            self.warn(book)
        return book

    def warn(self, book: "Book") -> None:
        """Print each row at which a stream is stopped on stderr, once a command."""
        for fault in book.journal.left_out.faults():
            if (sentence := str(fault)) not in self._warned:
                from cli.output.terminal_text import prose, say

                self._warned.add(sentence)
                say(f"warning: {prose(sentence)}", err=True)

    def open_for_report(self, views: str | None) -> "Book | DetachedViews":
        """Return the book, or the detached ``views`` without their journal. Raises ``Unreachable``."""
        if views is None:
            return self.open_to_read()
        from projections.engine.detached_views import DetachedViews

        return DetachedViews(located(views))

    def open_to_read(self) -> "Book":
        """Open the book and return it. A folder is opened read-only, for users who may not write in it."""
        from lifecycle.journal.addresses import is_address

        return self.open(read_only=not is_address(self.address()))


def _login_name() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise click.UsageError("who are you? Name yourself with --as OFFICER") from None


def located(text: str) -> Any:
    """Return the path of a folder, or the text if it is the address of a database.

    A file of a book, such as ``views.sqlite``, means the folder that holds it. Raises ``UsageError`` if
    the text only resembles an address.
    """
    from pathlib import Path

    from lifecycle.journal.addresses import is_address

    if is_address(text):
        return text
    if text.startswith(("postgres:", "postgresql:")) or "password=" in text:
        # The message does not repeat the text, which may hold a password.
        raise click.UsageError("the address of a database begins with postgresql://")
    path = Path(text)
    return path.parent if path.name in _FILES_OF_A_BOOK and path.is_file() else path


_FILES_OF_A_BOOK = ("book.toml", "journal.sqlite", "views.sqlite")
"""People name these files when they mean the folder."""


def settings() -> Settings:
    """Return the global options of the running command."""
    return settings_of(click.get_current_context())


def settings_of(ctx: click.Context) -> Settings:
    """Return the global options of a command, as far as they are typed."""
    return ctx.find_root().ensure_object(Settings)


def _setter(name: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    def set_(ctx: click.Context, _: click.Parameter, value: Any) -> None:
        if value is not None and value is not False:  # an empty text was typed, so no default replaces it
            setattr(ctx.find_root().ensure_object(Settings), name, value)

    return set_


def global_options() -> list[click.Option]:
    """Return the global options. Every command has them, so that people may type them anywhere."""

    def option(flags: list[str], name: str, **settings: Any) -> click.Option:
        return click.Option(flags, expose_value=False, is_eager=True, callback=_setter(name), **settings)

    return [
        option(["--book", "_book"], "book", metavar="PATH|URL", help="The book (or GRANTBOOK_BOOK)."),
        option(["--as", "_as"], "officer", metavar="OFFICER", help="Who records (or GRANTBOOK_OFFICER)."),
        option(["--json", "_json"], "json", is_flag=True, help="Print JSON; lists as JSON Lines."),
        option(["--no-color", "_no_color"], "no_color", is_flag=True, help="Print without colour."),
    ]


_GLOBAL = {"--book", "--as", "--json", "--no-color", "--help", "--version"}
"""The options that every command has."""
_OF_WRITES = ("on", "actor", "note", "command_id", "expect_version", "confirm_clock", "dry_run")
"""The options that every command of the catalogue has, if it has the last of them."""


class HelpPage(click.Command):
    """A command whose help begins with an example, and shows shared options apart from its own."""

    listed_example = ""
    """A line that shows how the command is typed; empty if it is made from the command's fields."""

    def example(self) -> str:
        """Return a line that shows how the command is typed; an empty text if there is none."""
        return self.listed_example

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Return the parameters. While a shell completes words, some are completed with known names."""
        params = super().get_params(ctx)
        if ctx.resilient_parsing:
            from cli.shell.completed_names import complete_known_names

            complete_known_names(params, lambda typed: located(settings_of(typed).address()))
        return params

    def get_help_option_names(self, ctx: click.Context) -> list[str]:
        """Return the two names of the option that prints this page."""
        return ["-h", "--help"]

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the example, then what click writes."""
        if example := self.example():
            formatter.write(f"Example: {example}\n\n")
        super().format_help(ctx, formatter)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the command's own options, those of every write, and those of every command."""
        for name, options in self.sections_of_options(ctx).items():
            with formatter.section(name):
                formatter.write_dl(options)

    def sections_of_options(self, ctx: click.Context) -> dict[str, list[tuple[str, str]]]:
        """Return each option with its help, in sections: own, of every write, of every command."""
        params = self.get_params(ctx)
        is_write = any(param.name == _OF_WRITES[-1] and self.name != "record" for param in params)
        sections: dict[str, list[tuple[str, str]]] = {}
        for param in params:
            if isinstance(param, click.Argument):
                continue  # the line of usage names it
            name = "Options"
            if _GLOBAL.intersection(param.opts):
                name = "Options of every command"
            elif is_write and param.name in _OF_WRITES:
                name = "Options of every write"
            if record := param.get_help_record(ctx):
                sections.setdefault(name, []).append(record)
        names = ("Options", "Options of every write", "Options of every command")
        return {name: sections[name] for name in names if name in sections}


class Command(HelpPage):
    """A command that also has the global options."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.extend(global_options())
