"""Make the outline of the world's countries from the TopoJSON of Natural Earth (public domain).

Run with the file ``countries-110m.json`` of the npm package world-atlas 2.0.2 (Natural Earth 4.1 at 1:110m):
``.venv/bin/python docs/world_outline.py countries-110m.json``. Coordinates are whole units of a plate
carrée, 720 by 300. Points on a straight line, and islands below 2 square units, are left out.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from lifecycle.types.readings.country_names import code_of_country, has_country

ROOT = Path(__file__).parents[1]
OUTLINE = ROOT / "src" / "cli" / "output" / "pages" / "world_outline.csv"
_SCALE, _NORTH = 2, 84
_WIDTH = 360 * _SCALE
_LEAST_AREA = 2
_OTHER_NAMES = {
    "W. Sahara": "EH",
    "Dem. Rep. Congo": "CD",
    "Dominican Rep.": "DO",
    "Falkland Is.": "FK",
    "Fr. S. Antarctic Lands": "TF",
    "Timor-Leste": "TL",
    "Puerto Rico": "PR",
    "Côte d'Ivoire": "CI",
    "Central African Rep.": "CF",
    "Congo": "CG",
    "Eq. Guinea": "GQ",
    "eSwatini": "SZ",
    "Palestine": "PS",
    "Laos": "LA",
    "North Korea": "KP",
    "South Korea": "KR",
    "Solomon Is.": "SB",
    "Taiwan": "TW",
    "Bosnia and Herz.": "BA",
    "Macedonia": "MK",
    "Kosovo": "XK",
    "Turkey": "TR",
    "S. Sudan": "SS",
    "New Caledonia": "NC",
    "Czechia": "CZ",
    "United States of America": "US",
    "Russia": "RU",
    "Iran": "IR",
    "Antarctica": "AQ",
    "N. Cyprus": "",
    "Somaliland": "",
}
"""Codes of names that Natural Earth shortens. Two areas have no code of ISO 3166-1, and are drawn as land."""
Point = tuple[int, int]


def main(file: Path) -> None:
    """Write the outline."""
    topology = json.loads(file.read_text("utf-8"))
    arcs = [_decoded(arc, topology["transform"]) for arc in topology["arcs"]]
    lines = ["code,outline"]
    for country in topology["objects"]["countries"]["geometries"]:
        name = country["properties"]["name"]
        code = _OTHER_NAMES.get(name)
        if code is None:
            if not has_country(name):
                raise SystemExit(f"which country is {name!r}? Add it to _OTHER_NAMES")
            code = code_of_country(name)
        if code != "AQ":
            lines.append(f"{code},{_path(_rings(country, arcs))}")
    OUTLINE.write_text("\n".join([lines[0], *sorted(lines[1:])]) + "\n", "utf-8")


def _decoded(arc: Sequence[Sequence[int]], transform: dict[str, Sequence[float]]) -> list[Point]:
    """Return the points of an arc, whose coordinates are differences, in units of the map."""
    x = y = 0
    points = []
    (scale_x, scale_y), (left, bottom) = transform["scale"], transform["translate"]
    for dx, dy in arc:
        x, y = x + dx, y + dy
        longitude, latitude = x * scale_x + left, y * scale_y + bottom
        points.append((round((longitude + 180) * _SCALE), round((_NORTH - latitude) * _SCALE)))
    return points


def _rings(country: dict[str, object], arcs: list[list[Point]]) -> Iterator[list[Point]]:
    polygons = country["arcs"] if country["type"] == "MultiPolygon" else [country["arcs"]]
    for polygon in polygons:  # type: ignore[attr-defined]
        for ring in polygon:
            points = list[Point]()
            for number in ring:
                arc = arcs[number] if number >= 0 else arcs[~number][::-1]
                points += arc if not points else arc[1:]
            yield from _on_both_edges(points)


def _on_both_edges(ring: list[Point]) -> Iterator[list[Point]]:
    """Yield a ring that crosses the 180th meridian twice, beyond each edge of the map; any other once."""
    (before, _), turn, unbroken = ring[0], 0, list[Point]()
    for x, y in ring:
        turn += -_WIDTH if x - before > _WIDTH / 2 else _WIDTH if before - x > _WIDTH / 2 else 0
        unbroken.append((x + turn, y))
        before = x
    yield unbroken
    least, most = min(x for x, _ in unbroken), max(x for x, _ in unbroken)
    if least < 0 or most > _WIDTH:
        yield [(x + (_WIDTH if least < 0 else -_WIDTH), y) for x, y in unbroken]


def _path(rings: Iterator[list[Point]]) -> str:
    """Return the rings as the data of an SVG path, the largest also if it is small."""
    simplified = sorted((_without_repeats(ring) for ring in rings), key=_area, reverse=True)
    kept = [ring for number, ring in enumerate(simplified) if number == 0 or _area(ring) >= _LEAST_AREA]
    return "".join(_path_of(ring) for ring in kept)


def _without_repeats(ring: list[Point]) -> list[Point]:
    """Return the ring without points that repeat, or that lie on the line between their neighbours."""
    points = [point for point, before in zip(ring, [None, *ring], strict=False) if point != before]
    kept = points[:1]
    for point, after in pairwise(points[1:]):
        (ax, ay), (bx, by), (cx, cy) = kept[-1], point, after
        if (bx - ax) * (cy - ay) != (by - ay) * (cx - ax):
            kept.append(point)
    return kept


def _area(ring: list[Point]) -> float:
    pairs = zip(ring, [*ring[1:], *ring[:1]], strict=True)
    return abs(sum(ax * by - bx * ay for (ax, ay), (bx, by) in pairs)) / 2


def _path_of(ring: list[Point]) -> str:
    (x, y), *others = ring
    path = f"M{x} {y}l"
    steps = []
    for next_x, next_y in others:
        steps.append(f"{next_x - x} {next_y - y}")
        x, y = next_x, next_y
    return (path + " ".join(steps)).replace(" -", "-") + "z"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
