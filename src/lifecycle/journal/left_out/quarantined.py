"""Rows and refusals that an administrator has quarantined as unlawful."""

from typing import TYPE_CHECKING, NamedTuple, cast

from lifecycle.kernel.history import Entry

if TYPE_CHECKING:
    from lifecycle.fund.quarantine import AnswerQuarantined, RowQuarantined


class Quarantined(NamedTuple):
    """A row that was quarantined."""

    stream: str
    version: int
    position: int
    by: Entry
    """The entry that says so; its event is a `RowQuarantined`."""

    @property
    def event(self) -> "RowQuarantined":
        """The act by which it was quarantined."""
        return cast("RowQuarantined", self.by.event)

    @property
    def name(self) -> str:
        """Stream and version."""
        return f"{self.stream}@{self.version}"

    def __str__(self) -> str:
        """Say who quarantined it, when and why."""
        act = self.event
        return f"{self.name} (position {self.position}) is quarantined by {act.actor}, {act.on}: {act.reason}"


class QuarantinedRefusal(NamedTuple):
    """A refusal that was quarantined."""

    number: int
    by: Entry
    """The entry that says so; its event is an `AnswerQuarantined`."""

    @property
    def event(self) -> "AnswerQuarantined":
        """The act by which it was quarantined."""
        return cast("AnswerQuarantined", self.by.event)

    def __str__(self) -> str:
        """Say who quarantined it, when and why."""
        act = self.event
        who = f"is quarantined by {act.actor}, {act.on}: {act.reason}"
        return f"answer {self.number} (to the command {act.answered}) {who}"
