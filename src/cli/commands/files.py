"""Commands that take a file: a policy edition to adopt, a document to put beside the record."""

import hashlib
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.shell.run_command import SpecCommand, give
from lifecycle.catalogue import FUND_SPECS, GRANT_SPECS
from lifecycle.kernel.spec import Spec

if TYPE_CHECKING:
    from lifecycle.policy.edition import Edition

LARGEST = 512 * 1024 * 1024
"""Bytes of a document."""


def edition_from(file: str) -> "Edition":
    """Return the edition in a TOML file. Raises ``UsageError`` that names the line or the fields."""
    from pydantic import ValidationError

    from lifecycle.policy.edition import read_edition

    try:
        return read_edition(_read(file).decode("utf-8"))
    except ValidationError as error:
        lines = [
            f"{'.'.join(('edition', *map(str, detail['loc'])))}: {_plainly(dict(detail))}"
            for detail in error.errors(include_url=False)
        ]
        raise click.UsageError(f"{file}: " + "; ".join(lines)) from None
    except UnicodeDecodeError as error:
        raise click.UsageError(f"{file}: not UTF-8 at byte {error.start}") from None
    except ValueError as error:
        raise click.UsageError(f"{file}: {error}") from None


def _plainly(detail: dict[str, Any]) -> str:
    plain = {"missing": "is missing", "extra_forbidden": "is not known here"}
    return plain.get(detail["type"]) or str(detail["msg"]).removeprefix("Value error, ")


def _read(file: str) -> bytes:
    try:
        status = Path(file).stat()
        if not stat.S_ISREG(status.st_mode):
            raise click.UsageError(f"{file}: it is no plain file")
        if status.st_size > LARGEST:
            raise click.UsageError(f"{file}: larger than {LARGEST // 1024**2} MiB")
        return Path(file).read_bytes()
    except OSError as error:
        raise click.UsageError(f"{file}: {error.strerror}") from None


class FileCommand(SpecCommand):
    """A command of the catalogue that takes a file, and makes some of its fields from it."""

    def __init__(self, spec: Spec, about: str, *, made: tuple[str, ...], more: list[click.Parameter]) -> None:
        super().__init__(spec, about)
        self._of_file, self._more = made, more

    def own_params(self) -> list[click.Parameter]:
        """Make the arguments, the file and the options."""
        from cli.shell.options import parameters

        own = parameters(self.spec, self.command_class(), leave_out=self._of_file)
        arguments = [parameter for parameter in own if isinstance(parameter, click.Argument)]
        options = [parameter for parameter in own if not isinstance(parameter, click.Argument)]
        file = click.Argument(["file"], metavar="FILE")
        return [*arguments, file, *self._more, *options]

    def give(self, confirm_clock: bool, **given: Any) -> int:
        """Record what was typed with what the file says, and return the exit code."""
        from cli.shell.options import words_from

        file = given.pop("file")
        named = {name: given.pop(name) for name in ("name", "media_type") if name in given}
        words = words_from(self.command_class(), given)
        if self.spec.name == "AdoptPolicy":
            full = {"command": self.spec.name, "edition": edition_from(file), **words}
            return give(full, confirm_clock=confirm_clock)
        data = _read(file)
        full = {
            "command": self.spec.name,
            "name": named["name"] or Path(file).name,
            "media_type": named["media_type"] or _media_type(file),
            "sha256": hashlib.sha256(data).hexdigest(),
            **words,
        }
        return give(full, confirm_clock=confirm_clock, file=data)


def _media_type(file: str) -> str:
    import mimetypes

    return mimetypes.guess_type(file)[0] or "application/octet-stream"


def _names() -> list[click.Parameter]:
    return [
        click.Option(["--name"], metavar="TEXT", help="How the file is named; as on the disk if not given."),
        click.Option(["--media-type"], metavar="TYPE", help="Guessed from the name if not given."),
    ]


_ABOUT_FILE = ("name", "media_type", "sha256")
attach = FileCommand(GRANT_SPECS["AttachDocument"], "grant", made=_ABOUT_FILE, more=_names())
attach_to_fund = FileCommand(FUND_SPECS["AttachDocument"], "fund", made=_ABOUT_FILE, more=_names())
adopt_policy = FileCommand(FUND_SPECS["AdoptPolicy"], "fund", made=("edition",), more=[])
