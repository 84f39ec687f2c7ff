"""Make ``src/lifecycle/catalogue.py`` and ``decide/commands.py`` from the commands beside the events."""

from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

import lifecycle
from lifecycle.call import call
from lifecycle.decide import quarantined_rows
from lifecycle.decide.correction import correct_entry
from lifecycle.decide.correction.correct_entry import COMMANDS as CORRECTIONS
from lifecycle.directory import experience, institutions
from lifecycle.fund import closing, contributions, establishment, officers, treasury
from lifecycle.fund.partners import donor_reports, membership, partner_waivers, pledges
from lifecycle.fund.pools import agreements, set_asides
from lifecycle.grant import agreement, closure, exchange, follow_up
from lifecycle.grant.amendment import amendment, new_terms, restructuring, team
from lifecycle.grant.payment import disbursement, documentation, irregular, other_money, reallocation, refund
from lifecycle.grant.payment import request as payment_request
from lifecycle.grant.proposal import brought_forward, clearance, review
from lifecycle.grant.proposal import request as proposal_request
from lifecycle.grant.results import indicators, reporting, surveys
from lifecycle.kernel.command import CallCommand, Command, DirectoryCommand, FundCommand, GrantCommand
from lifecycle.kernel.event import Draft
from lifecycle.kernel.spec import Spec

FILE = Path(lifecycle.__file__).with_name("catalogue.py")
COMMANDS_FILE = FILE.parent / "decide" / "commands.py"
GRANT = (
    *(proposal_request, clearance, review, brought_forward, agreement, exchange, payment_request),
    *(
        disbursement,
        refund,
        irregular,
        other_money,
        reallocation,
        documentation,
        amendment,
        restructuring,
    ),
    *(team, new_terms, reporting, surveys),
    *(indicators, follow_up, closure),
)
FUND = (
    *(
        establishment,
        officers,
        contributions,
        agreements,
        pledges,
        membership,
        donor_reports,
        partner_waivers,
        treasury,
    ),
    set_asides,
    closing,
)
DIRECTORY = (institutions, experience)
_HEAD = '''"""The catalogue: every command in one page: its words, its role, its stages, its event.

Written by docs/reference.py from the specs that stand beside the events. Do not edit: run `make docs`.

Plain text with no imports to speak of, so that the shell can answer ``--help`` from it at once; the
permission check, the stage check and the generated reference read the same specs. Source: domain §3.
"""

from lifecycle.kernel.spec import Spec

# fmt: off
'''
_TAIL = '''# fmt: on
OF_QUARANTINES = {spec.name: spec for spec in (QUARANTINE, QUARANTINE_ANSWER)}
"""Acts of an administrator at the seal: no commands of the shell's own, nor lines of ``record``."""

GRANT_SPECS = {spec.name: spec for spec in GRANT_COMMANDS}
FUND_SPECS = {spec.name: spec for spec in FUND_COMMANDS}
CALL_SPECS = {spec.name: spec for spec in CALL_COMMANDS}
DIRECTORY_SPECS = {spec.name: spec for spec in DIRECTORY_COMMANDS}
SPECS = {"grant": GRANT_SPECS, "fund": FUND_SPECS, "call": CALL_SPECS, "directory": DIRECTORY_SPECS}
"""By what the command is about."""
BY_EVENT = {about: {spec.event: spec for spec in specs.values()} for about, specs in SPECS.items()}
BY_EVENT["fund"] |= {spec.event: spec for spec in OF_QUARANTINES.values()}
"""The spec of the command that becomes an event of a grant, of the fund, of a call or of the directory."""
'''
_QUARANTINES = ("QuarantineRow", "QuarantineAnswer")
_COMMANDS_HEAD = '''"""Every command as a class, and the drafts that some hold.

Written by docs/reference.py from the classes that stand beside the events. Do not edit: run `make docs`.
"""

# fmt: off
'''
_BASES = "CallCommand, Command, DirectoryCommand, FundCommand, GrantCommand"
_COMMANDS_TAIL = '''BY_NAME: dict[str, dict[str, type[Command]]] = {
    about: {command.NAME: command for command in commands}
    for about, commands in (("grant", GRANT), ("fund", FUND), ("call", CALL), ("directory", DIRECTORY))
}
"""By what the command is about, and by its name."""

__all__ = [
'''


def text() -> str:
    """Return the source of the catalogue."""
    grant = [spec for stage in GRANT for spec in stage.COMMANDS]
    fund = [spec for stage in FUND for spec in stage.COMMANDS]
    directory = [spec for stage in DIRECTORY for spec in stage.COMMANDS]
    return (
        _HEAD
        + _table("GRANT_COMMANDS", [*grant, CORRECTIONS["grant"]], "In order of a grant's life.")
        + _table("FUND_COMMANDS", [*fund, CORRECTIONS["fund"]], "Commands on the fund's own stream.")
        + _table("CALL_COMMANDS", [*call.COMMANDS, CORRECTIONS["call"]], "Commands on a call.")
        + _table("DIRECTORY_COMMANDS", [*directory, CORRECTIONS["directory"]], "Commands on the directory.")
        + f"QUARANTINE = {_spec(quarantined_rows.QUARANTINE, '    ')}\n"
        + f"QUARANTINE_ANSWER = {_spec(quarantined_rows.QUARANTINE_ANSWER, '    ')}\n"
        + _TAIL
    )


def commands() -> str:
    """Return the source of the list of the commands' classes."""
    modules = [*GRANT, *FUND, call, *DIRECTORY, correct_entry, quarantined_rows]
    classes = [command for module in modules for command in _classes(module)]
    imported = {module.__name__: [command.__name__ for command in _classes(module)] for module in modules}
    drafts = {command.EVENT for command in classes if issubclass(command.EVENT, Draft)}
    for draft in drafts:
        imported[draft.__module__].append(draft.__name__)
    imports = [
        f"from {name} import {', '.join(sorted(names))}\n"
        for name, names in sorted(imported.items())
        if names
    ]
    exported = sorted(name for names in imported.values() for name in names)
    about = {"GRANT": (GrantCommand, "Commands on a grant."), "CALL": (CallCommand, "Commands on a call.")}
    about["FUND"] = (FundCommand, "Commands on the fund's own stream.")
    about["DIRECTORY"] = (DirectoryCommand, "Commands on the directory.")
    lists = [
        _list(name, base.__name__, [command for command in classes if issubclass(command, base)], meaning)
        for name, (base, meaning) in about.items()
    ]
    return (
        _COMMANDS_HEAD
        + "".join(imports)
        + f"from lifecycle.kernel.command import {_BASES}\n\n"
        + "".join(lists)
        + _COMMANDS_TAIL
        + "".join(f'    "{name}",\n' for name in exported)
        + "]\n"
    )


def _classes(module: ModuleType) -> list[type[Command]]:
    """Return the command classes of the module, in the order of its specs."""
    own = [
        value
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, Command)
        and value.__module__ == module.__name__
        and "EVENT" in vars(value)
    ]
    specs = getattr(module, "COMMANDS", ())
    order = [] if isinstance(specs, dict) else [spec.name for spec in specs]
    return sorted(own, key=lambda command: order.index(command.NAME) if command.NAME in order else len(order))


def _list(name: str, base: str, classes: Iterable[type[Command]], meaning: str) -> str:
    lines = "".join(f"    {command.__name__},\n" for command in classes if command.NAME not in _QUARANTINES)
    return f'{name}: tuple[type[{base}], ...] = (\n{lines})\n"""{meaning}"""\n'


def _table(name: str, specs: Iterable[Spec], meaning: str) -> str:
    lines = "".join(f"    {_spec(spec, '        ')},\n" for spec in specs)
    return f'{name} = (\n{lines})\n"""{meaning}"""\n'


def _spec(spec: Spec, indent: str) -> str:
    """Return the spec as a call on two lines."""
    first = f'"{spec.name}", "{spec.words}", "{spec.role}", {_words(spec.stages)},'
    return f'Spec({first}\n{indent}"{spec.event}", {_words(spec.arguments)}, "{spec.help}")'


def _words(words: tuple[str, ...]) -> str:
    quoted = ", ".join(f'"{word}"' for word in words)
    return f"({quoted},)" if words else "()"
