"""``grantbook export entries``: every entry as Parquet, in buckets that can be folded apart."""

from pathlib import Path

import click

from cli.output.terminal_text import safe, say, to_json
from cli.shell.as_of_options import position_from
from cli.shell.progress_bar import steps_of
from cli.shell.settings import Command, settings


@click.command(
    "entries",
    cls=Command,
    help="""Write every entry as Parquet, in buckets of grants.

    Each grant's and call's entries are in one bucket, in the order of recording; the fund's are in the
    first. grantbook report NAME --entries DIR reports on them, with --cluster on many machines. An export
    that was interrupted goes on when it is started again, up to the position at which it began.""",
)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--buckets",
    type=click.IntRange(1, 100_000),
    default=16,
    show_default=True,
    metavar="N",
    help="How many files, beside the fund's; about 100,000 entries in each are folded well.",
)
@click.option(
    "--known",
    metavar="TIME",
    help="Up to this time, the end of this day at the fund's seat, or this journal position.",
)
def entries(folder: Path, buckets: int, known: str | None) -> int:
    """Write the entries."""
    try:
        from projections.partitions.export import export
    except ModuleNotFoundError:
        raise click.UsageError("Parquet needs pyarrow: pip install 'grantbook[parquet]'") from None
    options = settings()
    with options.open_to_read() as book, steps_of("exporting") as progress:
        position = None if known is None else position_from(book, known)
        written = export(book, folder, buckets, position, progress)
    if options.json:
        say(to_json({"folder": str(folder), **written._asdict()}))
        return 0
    earlier = f", {written.found:,} of them by an earlier run" if written.found else ""
    say(
        f"wrote {safe(folder)}: {written.entries:,} entries up to position {written.position:,}, in"
        f" {written.buckets:,} files{earlier}"
    )
    return 0
