"""Commands that take a file: a policy edition to adopt, or a document to attach."""

import hashlib
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.shell.fields import parameters
from cli.shell.run_command import SpecCommand, record_and_print
from cli.shell.settings import settings
from lifecycle.catalogue import FUND_SPECS, GRANT_SPECS
from lifecycle.kernel.spec import Spec

if TYPE_CHECKING:
    from lifecycle.policy.edition import Edition

LARGEST = 512 * 1024 * 1024
"""The most bytes that a document may have."""


def edition_from(file: str, currency: str | None = None) -> "Edition":
    """Return the edition in a TOML file.

    ``currency``: that of the fund, for the message if an amount names none.

    Raises ``Malformed`` with each fault, its line of the file and its field, or ``UsageError``.
    """
    from lifecycle.parse import Malformed
    from lifecycle.policy.edition_file import FaultyEdition, read_edition

    try:
        return read_edition(_read(file).decode("utf-8"), currency)
    except FaultyEdition as error:
        raise Malformed([("", f"{file}: {fault}") for fault in error.faults]) from None
    except UnicodeDecodeError as error:
        raise click.UsageError(f"{file}: not UTF-8 at byte {error.start}") from None
    except ValueError as error:
        raise click.UsageError(f"{file}: {error}") from None


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
    """A command of the catalogue that takes some of its fields from a file."""

    def __init__(
        self,
        spec: Spec,
        stream_kind: str,
        *,
        from_file: tuple[str, ...],
        file_options: Sequence[click.Parameter] = (),
    ) -> None:
        super().__init__(spec, stream_kind)
        self._from_file, self._file_options = from_file, file_options

    def own_params(self) -> list[click.Parameter]:
        """Return the arguments, the file and the options."""
        params = parameters(field for field in self.fields() if field.name not in self._from_file)
        arguments = [param for param in params if isinstance(param, click.Argument)]
        options = [param for param in params if not isinstance(param, click.Argument)]
        file = click.Argument(["file"], metavar="FILE")
        return [*arguments, file, *self._file_options, *options]

    def run(self, confirm_clock: bool, dry_run: bool, **typed: Any) -> int:
        """Record what was typed together with the file, and return the exit code."""
        from cli.shell.options import words_from

        file = typed.pop("file")
        if self.spec.name == "AdoptPolicy":
            words, faults = words_from(self.command_class(), typed)
            edition = {"command": self.spec.name, "edition": edition_from(file, _fund_currency()), **words}
            return record_and_print(edition, faults, confirm_clock=confirm_clock, dry_run=dry_run)
        name, media_type = typed.pop("name"), typed.pop("media_type")
        content = _read(file)
        words, faults = words_from(self.command_class(), typed)
        document = {
            "command": self.spec.name,
            "name": name or Path(file).name,
            "media_type": media_type or _media_type(file),
            "sha256": hashlib.sha256(content).hexdigest(),
            **words,
        }
        return record_and_print(document, faults, confirm_clock=confirm_clock, dry_run=dry_run, file=content)


def _fund_currency() -> str:
    """Return the holding currency of the book."""
    with settings().open(read_only=True) as book:
        return book.fund().currency


def _media_type(file: str) -> str:
    import mimetypes

    return mimetypes.guess_type(file)[0] or "application/octet-stream"


_DOCUMENT_FIELDS = ("name", "media_type", "sha256")
_DOCUMENT_OPTIONS = (
    click.Option(["--name"], metavar="TEXT", help="The document's name; the file's name if not given."),
    click.Option(["--media-type"], metavar="TYPE", help="Guessed from the file's name if not given."),
)
attach = FileCommand(
    GRANT_SPECS["AttachDocument"], "grant", from_file=_DOCUMENT_FIELDS, file_options=_DOCUMENT_OPTIONS
)
attach_to_fund = FileCommand(
    FUND_SPECS["AttachDocument"], "fund", from_file=_DOCUMENT_FIELDS, file_options=_DOCUMENT_OPTIONS
)
adopt_policy = FileCommand(FUND_SPECS["AdoptPolicy"], "fund", from_file=("edition",))
