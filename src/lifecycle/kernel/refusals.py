"""The base class of refusals, and the refusals that several modules use. The others stand beside their rules.

A refusal is a result, not a failure. It names the broken rule, the figures that decided it and what would be
possible instead. It is kept with its command (domain §4, rule 8).
"""

from decimal import Decimal
from typing import ClassVar

RECEIPT, OFFICER, STAGE, FOUR_EYES, DATES, TERMS = range(6)
"""The order in which a command is checked. The first refusal counts."""


class Refusal(Exception):
    """A command is well formed and not allowed. The name of the class is the refusal's name."""

    order: ClassVar[int] = TERMS
    rule: ClassVar[str] = ""
    binds_imports: ClassVar[bool] = True
    """Whether an imported command is refused for it, too."""

    def __init_subclass__(cls, order: int, rule: str) -> None:
        cls.order, cls.rule = order, rule

    def __init__(self, message: str = "", *, excess: Decimal = Decimal(0)) -> None:
        super().__init__(message)
        self.excess = excess
        """By how much a limit is exceeded. A change by which a recorded entry, that is over the limit
        already, would be further over it is refused too."""

    @property
    def name(self) -> str:
        """The fixed name, on which programs may rely."""
        return type(self).__name__


# ── receipt ──────────────────────────────────────────────────────────────────────────────────


class CommandIdReused(Refusal, order=RECEIPT, rule="domain §4.8: one id, one answer"):
    """The command id was used before for another command."""


# ── officer and role ─────────────────────────────────────────────────────────────────────────


class NotAnOfficer(Refusal, order=OFFICER, rule="domain §3: roles hold on the command's day"):
    """The actor holds no role on the day."""


class RoleNotHeld(Refusal, order=OFFICER, rule="domain §3: the table of commands"):
    """The actor does not hold the role that the command needs."""


class RecorderNotAdministrator(Refusal, order=OFFICER, rule="domain §1.4: actor and recorder"):
    """The recorder is neither the actor nor an administrator."""


# ── stage, of the grant and of the item that is named ────────────────────────────────────────────


class UnknownGrant(Refusal, order=STAGE, rule="domain §3: stages"):
    """The grant had not been proposed by that day."""


class GrantHasEnded(Refusal, order=STAGE, rule="domain §3: stages"):
    """The grant was declined, withdrawn, lapsed or cancelled."""


class GrantIsClosed(Refusal, order=STAGE, rule="domain §3: stages"):
    """The grant's books are closed."""


class NotYetEffective(Refusal, order=STAGE, rule="domain §4.3: no payment before effectiveness"):
    """The grant is not effective on that day."""


class NotInStage(Refusal, order=STAGE, rule="domain §3: stages"):
    """The command is not possible in the stage of the grant on that day."""


class UnknownObligation(Refusal, order=STAGE, rule="domain §6: the table of obligations"):
    """There is no obligation of this name."""


class UnknownItem(Refusal, order=STAGE, rule="domain §3: WaiveObligation"):
    """The obligation has no item of this name on the day."""


class UnknownCall(Refusal, order=STAGE, rule="domain §3: call stream"):
    """The call had not been opened by that day."""


class FieldNotCorrectable(Refusal, order=STAGE, rule="domain §3: CorrectEntry"):
    """The field follows from other fields, or the whole book depends on it."""


class FundAlreadyEstablished(Refusal, order=STAGE, rule="domain §3: one fund a book"):
    """The book has a fund already."""


# ── four eyes ────────────────────────────────────────────────────────────────────────────────


class DecidesOwnRequest(Refusal, order=FOUR_EYES, rule="domain §4.4: who asks never decides"):
    """The actor requested, prepared, submitted or recorded what is to be decided."""


# ── dates ────────────────────────────────────────────────────────────────────────────────────


class DatedInFuture(Refusal, order=DATES, rule="domain §1.2: never later than today"):
    """The day has not come yet."""


class EditionTooLate(Refusal, order=DATES, rule="domain §5: what was decided stays decided"):
    """Grants were decided by another edition on a day on which this edition would be, or now is, in force."""


# ── amounts and terms ────────────────────────────────────────────────────────────────────────


class NoEditionInForce(Refusal, order=TERMS, rule="domain §5: dated editions"):
    """No policy edition is in force on that day."""


class ExceedsAvailableFunds(Refusal, order=TERMS, rule="domain §4.2: never promise more than there is"):
    """The fund has less available on that day or on a later one."""


class ExceedsUndisbursedBalance(Refusal, order=TERMS, rule="domain §4.1: disbursed ≤ commitment"):
    """The amount is more than the undisbursed balance."""


class NothingChanged(Refusal, order=TERMS, rule="domain §3: one command, one decision"):
    """The command names no change."""


def every_refusal() -> list[type[Refusal]]:
    """Return the refusals of all imported modules, in the order in which they are checked, then by name."""
    return sorted(Refusal.__subclasses__(), key=lambda refusal: (refusal.order, refusal.__name__))
