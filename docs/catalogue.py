"""Makes ``src/lifecycle/catalogue.py`` from the specs that stand beside the events."""

from collections.abc import Iterable
from pathlib import Path

import lifecycle
from lifecycle.call import call
from lifecycle.decide.correction import COMMANDS as CORRECTIONS
from lifecycle.fund import contributions, establishment, officers, quarantine, treasury
from lifecycle.grant import agreement, amendment, closure, exchange, follow_up, results
from lifecycle.grant.payment import disbursement, irregular, other_money, refund
from lifecycle.grant.payment import request as payment_request
from lifecycle.grant.proposal import request as proposal_request
from lifecycle.grant.proposal import review
from lifecycle.kernel.spec import Spec

FILE = Path(lifecycle.__file__).with_name("catalogue.py")
GRANT = (
    *(proposal_request, review, agreement, exchange, payment_request, disbursement, refund, irregular),
    *(other_money, amendment, results, follow_up, closure),
)
FUND = (establishment, officers, contributions, treasury)
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

GRANT_ROWS = {spec.name: spec for spec in GRANT_COMMANDS}
FUND_ROWS = {spec.name: spec for spec in FUND_COMMANDS}
CALL_ROWS = {spec.name: spec for spec in CALL_COMMANDS}
ROWS = {"grant": GRANT_ROWS, "fund": FUND_ROWS, "call": CALL_ROWS}
"""By what the command is about."""
BY_EVENT = {about: {spec.event: spec for spec in specs.values()} for about, specs in ROWS.items()}
BY_EVENT["fund"] |= {spec.event: spec for spec in OF_QUARANTINES.values()}
"""The spec of the command that becomes an event of a grant, of the fund or of a call."""
'''


def text() -> str:
    """The source of the catalogue."""
    grant = [spec for stage in GRANT for spec in stage.COMMANDS]
    fund = [spec for stage in FUND for spec in stage.COMMANDS]
    return (
        _HEAD
        + _table("GRANT_COMMANDS", [*grant, CORRECTIONS["grant"]], "In order of a grant's life.")
        + _table("FUND_COMMANDS", [*fund, CORRECTIONS["fund"]], "Commands on the fund's own stream.")
        + _table("CALL_COMMANDS", [*call.COMMANDS, CORRECTIONS["call"]], "Commands on a call.")
        + f"QUARANTINE = {_spec(quarantine.QUARANTINE, '    ')}\n"
        + f"QUARANTINE_ANSWER = {_spec(quarantine.QUARANTINE_ANSWER, '    ')}\n"
        + _TAIL
    )


def _table(name: str, specs: Iterable[Spec], meaning: str) -> str:
    lines = "".join(f"    {_spec(spec, '        ')},\n" for spec in specs)
    return f'{name} = (\n{lines})\n"""{meaning}"""\n'


def _spec(spec: Spec, indent: str) -> str:
    """As a call, over two lines: what is long stands on the second."""
    first = f'"{spec.name}", "{spec.words}", "{spec.role}", {_words(spec.stages)},'
    return f'Spec({first}\n{indent}"{spec.event}", {_words(spec.arguments)}, "{spec.help}")'


def _words(words: tuple[str, ...]) -> str:
    quoted = ", ".join(f'"{word}"' for word in words)
    return f"({quoted},)" if words else "()"
