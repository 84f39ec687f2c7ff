"""``grantbook export beancount``, ``ocel`` and others: the book in forms that other programs read."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

import click

from cli.commands.reports.report import AS_OF, KNOWN
from cli.output.formats import opened_for_writing
from cli.output.terminal_text import Progress, safe, say, to_json
from cli.output.whole_folder import OVERWRITE, folder_for_writing, refuse_to_overwrite
from cli.shell.as_of_options import day_or_today, in_words, position_from
from cli.shell.progress_bar import steps_of
from cli.shell.settings import Command, settings

if TYPE_CHECKING:
    from lifecycle.book.book import Book
    from projections.publication.walks import Dates

FILE = click.argument("output", metavar="FILE", type=click.Path(path_type=Path))
FOLDER = click.argument("output", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))


PUBLISHER = click.option(
    "--publisher",
    metavar="FILE.toml",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Read [publisher] from this file instead of the book's book.toml.",
)
PIPELINE = click.option("--pipeline", is_flag=True, help="Also proposals that are not decided.")


class Source(NamedTuple):
    """The open book, the two dates, and the function that is called with the progress."""

    book: "Book"
    dates: "Dates"
    progress: Progress | None


@contextmanager
def opened_source(as_of: str | None, known: str | None) -> Iterator[Source]:
    """Yield the book and the dates that were typed, and draw a bar on a terminal meanwhile."""
    from projections.publication.walks import Dates

    with settings().open_to_read() as book:
        day = day_or_today(book, as_of, "--as-of")
        position = book.position() if known is None else position_from(book, known)
        if position == 0:
            raise click.BadParameter("nothing was recorded by then", param_hint="--known")
        with steps_of("exporting") as progress:
            yield Source(book, Dates(day, position), progress)


@contextmanager
def text_file(output: Path) -> Iterator[IO[str]]:
    """Open a file for text in UTF-8, which is written completely or not at all."""
    with opened_for_writing(str(output)) as file:
        text = TextIOWrapper(file, "utf-8", newline="")
        yield text
        text.detach()


def wrote(source: Source, output: Path, counts: dict[str, int]) -> int:
    """Say what was written, as of which dates, and return the exit code."""
    dates = source.dates
    if settings().json:
        say(to_json({"output": str(output), **counts, "as_of": str(dates.as_of), "known": dates.known}))
        return 0
    counted = ", ".join(f"{count:,} {name}" for name, count in counts.items())
    say(f"wrote {safe(output)}: {counted}, {in_words(source.book, dates.as_of, dates.known)}")
    return 0


def _publication(name: str, help: str, *own: Callable[[Any], Any]) -> Callable[[Any], click.Command]:
    """Return the decorator of a command with its own arguments, and the options of every publication."""

    def decorate(function: Any) -> click.Command:
        for option in (OVERWRITE, KNOWN, AS_OF, *reversed(own)):
            function = option(function)
        return click.command(name, cls=Command, help=help)(function)

    return decorate


@_publication(
    "beancount",
    """Write a ledger for beancount.

    Every transaction balances. The ledger has accounts for partners, the pool, grants and payees, and ends
    with a balance assertion for each figure of the reports disbursement and fund.""",
    FILE,
)
def beancount(output: Path, as_of: str | None, known: str | None, overwrite: bool) -> int:
    """Write the ledger."""
    from projections.publication.ledger import ledger

    refuse_to_overwrite(output, overwrite=overwrite)
    transactions = 0
    with opened_source(as_of, known) as source:
        with text_file(output) as file:
            for directive in ledger(*source):
                transactions += " * " in directive[:14]
                file.write(directive)
        return wrote(source, output, {"transactions": transactions})


@_publication(
    "ocel",
    """Write an event log for process mining (OCEL 2.0).

    Each entry in force is an event of grants, payments, activities, calls, partners, countries and
    officers.""",
    FILE,
)
def ocel(output: Path, as_of: str | None, known: str | None, overwrite: bool) -> int:
    """Write the event log."""
    from projections.publication.event_log import EventLog

    refuse_to_overwrite(output, overwrite=overwrite)
    with opened_source(as_of, known) as source:
        with text_file(output) as file:
            events = EventLog(source.book, source.dates, file).write(source.progress)
        return wrote(source, output, {"events": events})


@_publication(
    "iati",
    """Write IATI 2.03: activities.xml, fund.xml and organisations.xml.

    Each grant that was approved is an activity with its commitments, disbursements and refunds. The fund is
    an activity above them, with the money that partners gave. [publisher] in book.toml says who
    publishes. Without an approved grant there is no activities.xml: IATI allows no empty file.""",
    FOLDER,
    PIPELINE,
    PUBLISHER,
)
def iati(
    output: Path,
    *,
    as_of: str | None,
    known: str | None,
    overwrite: bool,
    pipeline: bool,
    publisher: Path | None,
) -> int:
    """Write both files."""
    from projections.publication.iati.activities import Activities
    from projections.publication.publisher import publisher_of

    refuse_to_overwrite(output, overwrite=overwrite)
    with opened_source(as_of, known) as source:
        who = publisher_of(source.book, publisher)
        with folder_for_writing(output) as folder:
            activities = Activities(source.book, source.dates, who)
            with text_file(folder / "activities.xml") as file:
                count = activities.write_grants(file, source.progress, pipeline=pipeline)
            if not count:
                (folder / "activities.xml").unlink()
            with text_file(folder / "fund.xml") as file:
                activities.write_fund(file)
            with text_file(folder / "organisations.xml") as file:
                activities.write_organisation(file)
        return wrote(source, output, {"activities": count})


@_publication(
    "360giving",
    """Write the grants in the form of 360Giving, as JSON.

    Each grant that was approved is a record. [publisher] in book.toml says who publishes, with the prefix
    that 360Giving gave.""",
    FILE,
    PUBLISHER,
)
def giving_360(
    output: Path, *, as_of: str | None, known: str | None, overwrite: bool, publisher: Path | None
) -> int:
    """Write the file."""
    from projections.publication.giving_360 import Grants
    from projections.publication.publisher import publisher_of

    refuse_to_overwrite(output, overwrite=overwrite)
    with opened_source(as_of, known) as source:
        grants = Grants(source.book, source.dates, publisher_of(source.book, publisher))
        with text_file(output) as file:
            file.writelines(grants.parts(source.progress))
        return wrote(source, output, {"grants": grants.count})


@_publication(
    "datapackage",
    """Write every report as CSV, described by datapackage.json.

    The folder is a Frictionless data package: types, meanings, keys, sizes and hashes are in
    datapackage.json.""",
    FOLDER,
)
def datapackage(output: Path, *, as_of: str | None, known: str | None, overwrite: bool) -> int:
    """Write the folder."""
    from cli.output.data_package import package, write_resource
    from projections.publication.every_report import FILES, every_report
    from projections.publication.walks import fund_on

    refuse_to_overwrite(output, overwrite=overwrite)
    with opened_source(as_of, known) as (book, dates, progress):
        caption = in_words(book, dates.as_of, dates.known)
        with folder_for_writing(output) as folder, every_report(book, dates) as reports:
            resources = list[dict[str, Any]]()
            for named in reports:
                resources.append(write_resource(named, folder))
                if progress is not None:
                    progress(len(resources), FILES)
            text = package(
                fund_on(book, dates).founding.name, caption, book.recorded_at(dates.known), resources
            )
            (folder / "datapackage.json").write_text(text, "utf-8")
        return wrote(Source(book, dates, progress), output, {"reports": len(resources)})
