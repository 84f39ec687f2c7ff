"""One payment of a grant, as it stands on a day, and what it takes of budget lines."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import reduce

from lifecycle.grant.budget.lines import NO_LINE, LineUse
from lifecycle.kernel.frozen import Replaceable
from lifecycle.types.stage import ZERO


@dataclass(frozen=True)
class Payment(Replaceable):
    """One payment, from its request to its end. Amounts are in the grant's currency."""

    id: str
    requested: Decimal
    status: str = "requested"
    """``requested``, ``authorised``, ``disbursed``, ``rejected`` or ``failed``."""
    requested_by: str | None = None
    authorised_by: str | None = None
    authorised: Decimal = ZERO
    disbursed: Decimal = ZERO
    refunded: Decimal = ZERO
    failed: Decimal = ZERO
    """What the bank had paid, or was to pay, when it could not carry the payment out."""
    payee: str = ""
    """Who is paid, in words; empty if an institution of the directory is named alone."""
    payee_institution: str | None = None
    """The institution of the directory that is paid."""
    category: str = NO_LINE
    """The key of its budget line; `NO_LINE` if it names none."""
    disbursement_number: int = 0
    """Its number among the grant's disbursed payments in order of days, from 1; 0 if it is not disbursed."""
    irregular_rule: str | None = None
    """The name of the refusal whose rule the bank broke; `None` if the payment is regular."""
    method: str = "direct"
    """``direct``, ``reimbursement`` or ``advance``."""
    documented: Decimal = ZERO
    """What of an advance was documented as spent as agreed."""
    ineligible: Decimal = ZERO
    """What of an advance was spent otherwise."""
    due_back: Decimal = ZERO
    """What of that was neither refunded nor replaced by other expenditure."""
    paid_on: date | None = None
    """The day on which it was disbursed; `None` before."""
    duplicate_of: str | None = None
    """The id of the payment that the bank paid a second time with this one."""
    of_lines: dict[str, LineUse] = field(default_factory=dict)
    """What was paid of each line, by its key, if it is of several. The rest is of `category`."""

    @property
    def is_pending(self) -> bool:
        """Return whether it is requested or authorised, and neither paid nor rejected."""
        return self.status in ("requested", "authorised")

    @property
    def payable(self) -> Decimal:
        """Return how much may still be paid: the authorised amount, or before that the requested one."""
        if self.status == "requested":
            return self.requested
        return self.authorised if self.status == "authorised" else ZERO

    @property
    def uses(self) -> dict[str, LineUse]:
        """Return what it takes of each budget line, by its key; that of its category stands last."""
        asked = ZERO if self.status == "rejected" else self.requested
        whole = LineUse(asked, self.payable, self.disbursed, self.refunded)
        return {**self.of_lines, self.category: reduce(LineUse.less, self.of_lines.values(), whole)}

    @property
    def net_disbursed(self) -> Decimal:
        """Return what was disbursed less what was refunded."""
        return self.disbursed - self.refunded

    @property
    def paid_to(self) -> str:
        """Return who is paid: in words, or else the institution's id."""
        return self.payee or self.payee_institution or ""

    @property
    def outstanding(self) -> Decimal:
        """Return what of an advance is neither documented nor refunded; zero for other payments."""
        return max(ZERO, self.net_disbursed - self.documented) if self.method == "advance" else ZERO

    def with_due_back(self, amount: Decimal) -> "Payment":
        """Return it with what is due back: at most what is outstanding."""
        return self.replace(due_back=max(ZERO, min(amount, self.outstanding)))
