"""Manual pages for ``man``, in roff, from what help says of a command."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple


class Manual(NamedTuple):
    """What the page of a command says."""

    name: str
    """As it is typed: ``grantbook payment run``."""
    summary: str
    """One line."""
    usage: str
    """What is typed after the name."""
    paragraphs: Sequence[str]
    example: str
    commands: Sequence[tuple[str, str]]
    """The commands of a group, each with its line of help."""
    options: Mapping[str, Sequence[tuple[str, str]]]
    """Options with their help, in sections."""
    epilog: str
    version: str

    @property
    def page(self) -> str:
        """The name of the page: ``grantbook-payment-run``."""
        return self.name.replace(" ", "-")


def roff_of(manual: Manual) -> str:
    """Return the page as ``man`` reads it."""
    return "\n".join(_lines(manual)) + "\n"


def _lines(manual: Manual) -> Iterator[str]:
    yield f'.TH "{_text(manual.page.upper())}" "1" "" "{_text(manual.version)}" "grantbook"'
    yield from (".SH NAME", f"{_text(manual.page)} \\- {_text(manual.summary)}")
    yield from (".SH SYNOPSIS", f".B {_text(manual.name)}", _text(manual.usage))
    if manual.example:
        yield from (".SH EXAMPLE", ".nf", _text(manual.example), ".fi")
    yield ".SH DESCRIPTION"
    for paragraph in manual.paragraphs:
        yield from (".PP", _text(paragraph))
    if manual.commands:
        yield ".SH COMMANDS"
        yield from _definitions(manual.commands)
    for section, options in manual.options.items():
        yield f".SH {_text(section.upper())}"
        yield from _definitions(options)
    if manual.epilog:
        yield from (".SH EXIT STATUS", _text(manual.epilog))
    if (group := manual.name.rpartition(" ")[0]) or manual.commands:
        pages = [f"{manual.page}-{name}" for name, _ in manual.commands]
        pages = [group.replace(" ", "-"), *pages] if group else pages
        yield from (".SH SEE ALSO", ", ".join(f"{_text(page)}(1)" for page in pages))


def _definitions(pairs: Sequence[tuple[str, str]]) -> Iterator[str]:
    for term, meaning in pairs:
        yield from (".TP", f".B {_text(term)}", _text(meaning) or "\\&")


def _text(text: str) -> str:
    """Return the text in one line, with what roff would read as a command escaped."""
    line = " ".join(text.split()).replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{line}" if line.startswith((".", "'")) else line
