"""A map of the world as SVG: which countries provide and which receive."""

import csv
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import escape

from lifecycle.policy.places.regions import name_of

if TYPE_CHECKING:
    from projections.progress.model import CountryMap

SOURCE = "Outline: Natural Earth, public domain. Its borders are no statement on any territory."
_OUTLINE = Path(__file__).with_name("pages") / "world_outline.csv"
_SIZE = "0 0 720 300"
_GROUPS = {"receives": "--first", "provides": "--second", "receives and provides": "--third"}
"""The variable of the page that colours each group, for its light, dark and printed forms."""
_LAND = "--line"


@cache
def outlines() -> dict[str, str]:
    """Return the data of an SVG path for each country. Areas without a code have an empty one."""
    paths: dict[str, str] = {}
    with _OUTLINE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            paths[row["code"]] = paths.get(row["code"], "") + row["outline"]
    return paths


def svg(drawn: "CountryMap") -> str:
    """Return the map as an ``svg`` element, with a description for screen readers. At most 60 KB."""
    group_of = _groups(drawn)
    land = "".join(path for code, path in outlines().items() if code not in group_of)
    parts = [f'<path fill="var({_LAND})" d="{land}"/>']
    for group, color in _GROUPS.items():
        paths = "".join(
            f'<path d="{outlines()[code]}"><title>{escape(name_of(code))}: {group}</title></path>'
            for code in sorted(group_of)
            if group_of[code] == group and code in outlines()
        )
        if paths:
            parts.append(f'<g fill="var({color})" stroke="var({_LAND})" stroke-width=".4">{paths}</g>')
    for number, (group, color) in enumerate(_GROUPS.items()):
        y = 232 + 16 * number
        parts.append(
            f'<rect x="12" y="{y}" width="10" height="10" fill="var({color})"/>'
            f'<text x="28" y="{y + 9}" font-size="11" fill="var(--ink)">{group}</text>'
        )
    label = escape(f"{drawn.title}. The countries are in the table below.")
    return f'<svg role="img" aria-label="{label}" viewBox="{_SIZE}" width="100%">{"".join(parts)}</svg>'


def caption(drawn: "CountryMap") -> str:
    """Return the title, the countries that are too small to be drawn, and the source of the outline."""
    small = sorted(name_of(code) for code in _groups(drawn) if code not in outlines())
    too_small = f" Too small to be drawn: {', '.join(small)}." if small else ""
    return f"{drawn.title}. The table below says the same.{too_small} {SOURCE}"


def _groups(drawn: "CountryMap") -> dict[str, str]:
    """Return the group of each country that provides or receives."""
    receives, provides, both = _GROUPS
    return {
        code: both
        if code in drawn.receiving and code in drawn.providing
        else receives
        if code in drawn.receiving
        else provides
        for code in drawn.receiving | drawn.providing
    }
