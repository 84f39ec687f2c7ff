"""``grantbook import``: the command, and what it prints."""

import time
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.output.terminal_text import prose, safe, say, to_json
from cli.shell.progress_bar import steps_of
from cli.shell.settings import Command, Settings, settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cli.commands.import_files.import_run import ImportRun, Rejects
    from cli.commands.record.run import Count
    from cli.importing.mapping.model import Map
    from cli.importing.suggesting.fitting import Known

_ACTORS = 5
"""Of how many officers the acts are counted in words."""
_PRINTED = 200
"""How many rejected cells are printed; a file gets all of them."""


@click.command(
    "import",
    cls=Command,
    help="""Bring in files of other programs, by a map.

    MAP is a file of TOML, or a shipped map: payments, grants, running-grants, partners, xes, iati-2.03,
    360giving. FILE is CSV, XLSX, ODS, JSON, JSON Lines, XML or XES. First everything is read and judged, and
    nothing is recorded: each cell that cannot be read is named with its value and the reason, and the sums
    are shown by window and year. If nothing is at fault and the sums are those that the map expects, the
    commands are recorded. With --rejects, each fault is written to a file, with its cell and the reason, and
    the rows without a fault are recorded.

    Running an import again records nothing twice: if it was stopped, run it again.""",
)
@click.argument("map_name", metavar="MAP", required=False)
@click.argument("files", metavar="FILE…", nargs=-1, type=click.Path(path_type=Path))
@click.option("--check", is_flag=True, help="Read and judge everything, and record nothing.")
@click.option(
    "--rejects",
    metavar="FILE.csv",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write what is rejected to this file, with cell, value and reason, and record the rest.",
)
@click.option("--suggest", is_flag=True, help="Print a map for the file MAP, made from its headers.")
@click.option("--show-map", is_flag=True, help="Print the map MAP, to change it.")
def import_files(map_name: str | None, files: tuple[Path, ...], **given: Any) -> int:
    """Bring in files."""
    from cli.importing.mapping.load import load_map
    from cli.importing.rows import BadFile

    if map_name is None:
        raise click.UsageError("name a map and a file: grantbook import payments FILE.xlsx --check")
    if given["suggest"] or given["show_map"]:
        return _print_map(map_name, files, suggest=given["suggest"])
    if not files:
        raise click.UsageError(f"name the files that the map {map_name} reads")
    try:
        return _import(map_name, load_map(map_name), files, check=given["check"], rejects=given["rejects"])
    except BadFile as error:
        raise click.UsageError(str(error)) from None


def _import(name: str, loaded: "Map", files: tuple[Path, ...], *, check: bool, rejects: Path | None) -> int:
    """Judge the files, and record them if nothing is at fault. Raises ``BadFile``."""
    from cli.commands.import_files.import_run import ImportRun, Rejects, csv_writer

    options = settings()
    with options.open() as book, csv_writer(rejects) as write:
        run, judged = ImportRun(loaded, files, book, options.recorder()), Rejects(write)
        with steps_of("checking") as progress:
            trial = run.judge(judged, progress, without_faulty_rows=rejects is not None)
        report = _Report(name, run, judged, trial.counts, run.differences())
        stops = check or bool(report.differences) or (bool(judged.count) and rejects is None)
        recorded = None if stops else _record(run, report.fingerprints)
    report.print(options, recorded, is_check=check, rejects=rejects)
    return report.code


def _record(run: "ImportRun", fingerprints: "Mapping[str, str]") -> dict[str, Any]:
    """Record what was judged, and return the counts of outcomes.

    ``fingerprints``: of the map and the files, for the log.
    """
    from cli.commands.import_files.import_run import Rejects
    from cli.recording.record import catch_up_and_seal
    from cli.shell.log import line

    started = time.perf_counter()
    again = Rejects(None)
    try:
        with steps_of("recording") as progress:
            recorded = run.record(again, progress)
    finally:
        unfinished = catch_up_and_seal(run.book)
    line(
        "import",
        source=run.map.import_.source,
        sha256=[*fingerprints.values()],
        **_named(recorded.counts),
        seconds=round(time.perf_counter() - started, 3),
    )
    for sentence in unfinished:
        say(prose(sentence), err=True)
    return {"counts": recorded.counts, "personal": recorded.lines_with_personal_data}


def _named(counts: "Mapping[Count, int]") -> dict[str, int]:
    """Return how many commands had each outcome, by its name."""
    return {count.name.lower(): number for count, number in counts.items()}


class _Report:
    """What an import prints, as text or as one JSON document."""

    def __init__(
        self,
        name: str,
        run: "ImportRun",
        rejects: "Rejects",
        counts: "Mapping[Count, int]",
        differences: list[str],
    ) -> None:
        from cli.importing.mapping.load import shipped

        of_map = Path(name).read_bytes() if Path(name).is_file() else shipped()[name].encode()
        self._name, self._run, self._rejects, self._counts = name, run, rejects, counts
        self.differences = differences
        self.fingerprints = {name: sha256(of_map).hexdigest(), **run.fingerprints()}
        """The SHA-256 of the map's text and of each file."""

    @property
    def code(self) -> int:
        """Return the exit code, as `grantbook record` has it."""
        if self._rejects.malformed:
            return 2
        return 1 if self._rejects.refused or self.differences else 0

    def print(
        self, options: Settings, recorded: dict[str, Any] | None, *, is_check: bool, rejects: Path | None
    ) -> None:
        """Print the plan, and what was recorded."""
        if options.json:
            say(to_json(self._as_json(recorded)))
            return
        from cli.recording.odd_entries import sentence_of

        planner = self._run.planner
        assert planner is not None
        files = ", ".join(path.name for path in self._run.files)
        say(prose(f"{files} by map {self._name}: {planner.rows:,} rows, {planner.commands:,} commands"))
        self._print_rejects(rejects)
        self._print_sums()
        for path, digest in self.fingerprints.items():
            say(f"  sha256 {digest} {safe(Path(path).name)}")
        for sentence in self.differences:
            say(f"does not come out: {prose(sentence)}", err=True)
        if self._run.overdrawn is not None:
            say(prose(sentence_of(self._run.overdrawn)), err=True)
        for line in self._endings(recorded, is_check=is_check, rejects=rejects):
            say(prose(line))

    def _print_rejects(self, rejects: Path | None) -> None:
        for reject in self._rejects.kept[:_PRINTED]:
            value = f" {reject.value!r}" if reject.value else ""
            say(f"{prose(reject.cell)}:{prose(value)} {prose(reject.reason)}", err=True)
        if (more := self._rejects.count - _PRINTED) > 0:
            where = f"all are in {rejects}" if rejects else "--rejects FILE.csv writes all"
            say(f"{more:,} more: {prose(where)}", err=True)

    def _print_sums(self) -> None:
        rows = self._run.sums.rows()
        kinds = list(dict.fromkeys(kind for row in rows for kind in row if kind not in _KEYS))
        for row in rows:
            amounts = ", ".join(f"{kind} {_grouped(row[kind])}" for kind in kinds if kind in row)
            say(prose(f"  {row['window']} {row['year']}: {amounts} {row['currency']}"))
        planner = self._run.planner
        assert planner is not None
        for rule, use in planner.applied.uses.items():
            say(prose(f"  {use.times:,} times {rule}; first {use.first}"))
        for (command, code), change in planner.values.money.rounded.items():
            say(prose(f"  rounding changed the sum of {command} by {change:+f} {code}"))

    def _endings(self, recorded: dict[str, Any] | None, *, is_check: bool, rejects: Path | None) -> list[str]:
        from cli.commands.record.run import summary_of

        lines = []
        if self._run.actors:
            acts = ", ".join(
                f"{number:,} of {actor}" for actor, number in self._run.actors.most_common(_ACTORS)
            )
            more = f" and {len(self._run.actors) - _ACTORS:,} more" if len(self._run.actors) > _ACTORS else ""
            lines.append(f"acts: {acts}{more}; imported by {self._run.recorder}")
        if self._rejects.count:
            unread, refused = self._rejects.malformed, self._rejects.refused
            lines.append(f"{unread:,} cells cannot be read, {refused:,} commands are refused")
        if recorded is not None:
            lines.append(summary_of(recorded["counts"]))
        elif self._rejects.count and not is_check and rejects is None:
            lines.append(
                "nothing was recorded: mend the file or the map, or take the rest with --rejects FILE.csv"
            )
        else:
            lines.append(f"{summary_of(self._counts)}; nothing was recorded")
        return lines

    def _as_json(self, recorded: dict[str, Any] | None) -> dict[str, Any]:
        planner = self._run.planner
        assert planner is not None
        return {
            "map": self._name,
            "sha256": self.fingerprints,
            "imported_by": self._run.recorder,
            "acts_of": dict(self._run.actors),
            "files": [str(path) for path in self._run.files],
            "rows": planner.rows,
            "commands": planner.commands,
            "rejected": [reject._asdict() for reject in self._rejects.kept],
            "malformed": self._rejects.malformed,
            "refused": self._rejects.refused,
            "sums": self._run.sums.rows(),
            "applied": [
                {"rule": rule, "times": use.times, "first": use.first}
                for rule, use in planner.applied.uses.items()
            ],
            "rounded": [
                {"command": command, "currency": code, "change": str(change)}
                for (command, code), change in planner.values.money.rounded.items()
            ],
            "differences": self.differences,
            "warnings": [] if self._run.overdrawn is None else [self._run.overdrawn],
            "judged": _named(self._counts),
            "recorded": None if recorded is None else _named(recorded["counts"]),
        }


_KEYS = ("window", "year", "currency")


def _grouped(amount: str) -> str:
    from decimal import Decimal

    return f"{Decimal(amount):,f}"


def _known() -> "Known":
    """Return the windows and the currency of the book; without a book the windows of the shipped editions."""
    from cli.importing.suggesting.fitting import Known
    from lifecycle.kernel.errors import Unreachable
    from lifecycle.policy.edition_file import shipped

    try:
        with settings().open(read_only=True) as book:
            fund = book.fund()
    except (click.UsageError, Unreachable):
        windows = {name for edition in shipped() for name in edition.windows}
        return Known(windows, None)
    return Known({name for edition in fund.editions.values() for name in edition.windows}, fund.currency)


def _print_map(name: str, files: tuple[Path, ...], *, suggest: bool) -> int:
    from cli.importing.mapping.load import load_map, shipped
    from cli.importing.rows import BadFile

    if suggest:
        from cli.importing.suggesting.suggestion import suggestion

        if files:
            raise click.UsageError("name one file: grantbook import --suggest FILE")
        try:
            say(suggestion(Path(name), _known()).rstrip("\n"))
        except BadFile as error:
            raise click.UsageError(str(error)) from None
        return 0
    maps = shipped()
    if name not in maps:
        load_map(name)
    say(maps.get(name, "").rstrip("\n") or Path(name).read_text("utf-8-sig").rstrip("\n"))
    return 0
