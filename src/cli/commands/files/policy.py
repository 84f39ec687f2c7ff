"""``grantbook policy``: writing an edition, and checking it before the fund adopts it."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.commands.files.from_file import edition_from
from cli.output.formats import write_file
from cli.output.terminal_text import counted, safe, say, to_json
from cli.output.whole_folder import OVERWRITE, refuse_to_overwrite
from cli.shell.settings import Command, settings

if TYPE_CHECKING:
    from lifecycle.policy.edition import Edition

ASSUMED = "assumed"
"""The source of a number that no document gives."""


@click.command(
    "template",
    cls=Command,
    help="""Write an edition with every rule.

    Each rule has a comment; those that are off are comments themselves. Without FILE it is printed.""",
)
@click.argument(
    "file", metavar="[FILE.toml]", required=False, type=click.Path(dir_okay=False, path_type=Path)
)
@OVERWRITE
def template(file: Path | None, *, overwrite: bool) -> int:
    """Write an edition with every rule."""
    from lifecycle.policy.edition_file import template as text_of_template

    text = text_of_template()
    if file is None:
        say(text.rstrip("\n"))
        return 0
    refuse_to_overwrite(file, overwrite=overwrite)
    write_file(str(file), text.encode())
    if settings().json:
        say(to_json({"wrote": str(file)}))
    else:
        say(f"wrote {safe(file)}: change it, and check it with grantbook policy check {safe(file)}", err=True)
    return 0


@click.command(
    "check",
    cls=Command,
    help="""Say all that is wrong with an edition.

    Each fault is a line with its place in the file. No book is needed. Whether the edition comes in time
    for the grants of a book is said by fund adopt-policy --dry-run.""",
)
@click.argument("file", metavar="FILE.toml")
def check(file: str) -> int:
    """Read an edition, and say what it holds."""
    summary = _summary(edition_from(file))
    if settings().json:
        say(to_json(summary))
        return 0
    say(f"{safe(file)}: edition {summary['edition']}, in force from {summary['from']}, can be adopted")
    for window, rules in summary["windows"].items():
        say(f"  window {window}: {', '.join(rules) or 'no rules'}")
    if rules := summary["rules"]:
        say(f"  all windows: {', '.join(rules)}")
    for execution, needs in summary["execution"].items():
        say(f"  executed by the {execution}: {', '.join(needs) or 'no rules'}")
    if roles := summary["roles"]:
        say(f"  further roles: {', '.join(roles)}")
    say(f"  obligations: {', '.join(summary['obligations']) or 'none'}")
    if assumed := summary["assumed"]:
        say(f"  {counted(len(assumed), 'number')} assumed, without another source: {', '.join(assumed)}")
    return 0


_OF_EVERY_EDITION = (
    *("name", "from", "agreement_required", "disbursement_grace", "late_after"),
    *("windows", "obligations", "execution", "roles"),
)
"""The keys of an edition beside the rules that hold for all its windows."""


def _summary(edition: "Edition") -> dict[str, Any]:
    words = edition.model_dump(mode="json", by_alias=True, exclude_none=True)
    return {
        "edition": words["name"],
        "from": words["from"],
        "windows": {name: list(rules) for name, rules in words["windows"].items()},
        "rules": [name for name in words if words[name] and name not in _OF_EVERY_EDITION],
        "execution": {name: list(needs) for name, needs in words.get("execution", {}).items()},
        "roles": list(words["roles"]),
        "obligations": list(words["obligations"]),
        "assumed": _assumed(words),
    }


def _assumed(words: dict[str, Any], path: str = "") -> list[str]:
    """Return the paths of the numbers whose source says that they are assumed."""
    found = []
    for key, value in words.items():
        at = f"{path}.{key}".lstrip(".")
        if isinstance(value, dict):
            found += [at] if value.get("source") == ASSUMED else _assumed(value, at)
        elif key == "clearances":
            found += [f"{at}.{step['step']}" for step in value if step["source"] == ASSUMED]
    return found


__all__ = ["check", "template"]
