"""Writes a folder of files completely or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import click

OVERWRITE = click.option("--overwrite", is_flag=True, help="Replace what is there.")


def refuse_to_overwrite(output: Path, *, overwrite: bool) -> None:
    """Raise ``UsageError`` if a file or a filled folder is there already, unless it may be overwritten.

    It is raised, too, if the program may not look there.
    """
    try:
        is_there = any(output.iterdir()) if output.is_dir() else output.is_file()
    except OSError as error:
        raise click.UsageError(f"{output} cannot be written: {error.strerror}") from None
    if is_there and not overwrite:
        raise click.UsageError(f"{output} is there already: name another, or add --overwrite to replace it")


@contextmanager
def folder_for_writing(folder: Path) -> Iterator[Path]:
    """Yield a new folder beside it, which takes its place when the block ends without an error.

    A folder that is there is replaced only if it holds no other files than the new one. Raises
    ``UsageError`` if the folder cannot be written.
    """
    folder = folder.absolute()
    try:
        with TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as temporary:
            new, old = Path(temporary) / "new", Path(temporary) / "old"
            new.mkdir()
            yield new
            if folder.exists():
                _require_only(folder, {file.name for file in new.iterdir()})
                folder.rename(old)
            new.rename(folder)
    except OSError as error:
        raise click.UsageError(f"{folder} cannot be written: {error.strerror}") from None


def _require_only(folder: Path, names: set[str]) -> None:
    """Raise ``UsageError`` if the folder is a file, or holds a file of another name."""
    if not folder.is_dir():
        raise click.UsageError(f"{folder} is a file: name a folder")
    if others := sorted(file.name for file in folder.iterdir() if file.name not in names):
        raise click.UsageError(
            f"{folder} holds {others[0]}, which is not of such an export: name another folder"
        )


@contextmanager
def folder_to_pack(name: str) -> Iterator[Path]:
    """Yield a new folder of this name, which is removed when the block ends."""
    with TemporaryDirectory(prefix="grantbook-") as temporary:
        folder = Path(temporary) / name
        folder.mkdir()
        yield folder
