"""``grantbook template``: writes an empty table that a shipped map reads."""

from pathlib import Path

import click

from cli.output.formats import write_file
from cli.output.terminal_text import safe, say, to_json
from cli.output.whole_folder import OVERWRITE, refuse_to_overwrite
from cli.shell.settings import Command, settings


@click.command(
    "template",
    cls=Command,
    help="""Write an empty table that import reads.

    NAME is payments, grants or partners. The table has the columns of the shipped map of this name, and one
    row that shows how to fill it in: replace it. Without FILE the table is printed as CSV.""",
)
@click.argument("name", metavar="NAME")
@click.argument(
    "file", metavar="[FILE.csv|.xlsx]", required=False, type=click.Path(dir_okay=False, path_type=Path)
)
@OVERWRITE
def template(name: str, file: Path | None, *, overwrite: bool) -> int:
    """Write an empty table."""
    from cli.importing.templates import as_csv, as_xlsx, template_of

    try:
        rows = template_of(name)
        if file is None:
            say(as_csv(rows).rstrip("\n"))
            return 0
        ending = file.suffix.casefold()
        if ending not in (".csv", ".xlsx"):
            raise click.UsageError(f"{file}: a template is written as .csv or .xlsx")
        content = as_xlsx(rows, name) if ending == ".xlsx" else as_csv(rows).encode("utf-8-sig")
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    refuse_to_overwrite(file, overwrite=overwrite)
    write_file(str(file), content)
    if settings().json:
        say(to_json({"file": str(file), "columns": rows[0]}))
    else:
        say(f"wrote {safe(file)}: fill it in, then grantbook import {name} {safe(file)} --check")
    return 0
