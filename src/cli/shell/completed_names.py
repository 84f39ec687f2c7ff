"""The parameters whose values a shell completes with names that the book knows."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from click.types import StringParamType

_KINDS = {
    "grant": "grant",
    "payment": "payment",
    "of": "payment",
    "activity": "activity",
    "follow_up": "follow_up",
    "indicator": "indicator",
    "call": "call",
    "institution": "institution",
    "officer": "officer",
    "_as": "officer",
    "actor": "officer",
    "window": "window",
    "partner": "partner",
}
"""What is named, by the name of the parameter."""


class KnownName(StringParamType):
    """Text that names something of the book."""

    def __init__(self, kind: str, place_of: Callable[[click.Context], Path | str]) -> None:
        self.kind = kind
        self._place_of = place_of

    def shell_complete(self, ctx: click.Context, _: click.Parameter, incomplete: str) -> list[Any]:
        """Return the known names that begin with what was typed; none if there is no book to read."""
        from click.shell_completion import CompletionItem

        from projections.engine.known_names import known_names

        try:
            place = self._place_of(ctx)
        except click.ClickException:
            return []
        names = known_names(place, self.kind, incomplete, ctx.params.get("grant"))
        return [CompletionItem(name) for name in names]


def complete_known_names(
    params: list[click.Parameter], place_of: Callable[[click.Context], Path | str]
) -> None:
    """Let the parameters that name something of the book be completed with known names.

    ``place_of``: returns the place of the book that was typed, or raises ``ClickException``.
    """
    for param in params:
        kind = _KINDS.get(param.name or "")
        if kind is not None and type(param.type) is StringParamType:
            param.type = KnownName(kind, place_of)
