"""Charts as SVG, in the colours of the page. vl-convert draws them with Vega-Lite, without a network."""

import re
import textwrap
from typing import TYPE_CHECKING, Any

import vl_convert

if TYPE_CHECKING:
    from projections.progress.model import Chart

_SERIES = {"#010101": "--first", "#020202": "--second", "#030303": "--third", "#040404": "--fourth"}
_INK = {"#050505": "--ink", "#060606": "--line"}
"""Colours that are replaced by variables of the page, for its light, dark and printed forms."""
_FONT = "Helvetica Neue, Arial, sans-serif"
_WIDTH = 470
"""Pixels of a chart, which a phone can show."""
_LABEL = 24
"""The most characters in a line of a label."""
_SIZE = 13
"""Pixels of a letter."""
_PART_DESCRIPTIONS = re.compile(r' (?:role|aria-[a-z]+)="[^"]*"')


def svg(chart: "Chart", number: int) -> str:
    """Return the chart as an ``svg`` element, with its title and figures for screen readers."""
    drawing: str = vl_convert.vegalite_to_svg(_specification(chart))
    drawing = drawing[drawing.index("<svg") :]
    for color, name in {**_SERIES, **_INK}.items():
        drawing = re.sub(rf'\b(fill|stroke)="{color}"', rf'\1="var({name})"', drawing)
    # Two charts on a page must not share an id.
    drawing = re.sub(r'\b(id="|url\(#)(clip|gradient)', rf"\g<1>chart{number}-\2", drawing)
    # A screen reader reads one description of the image, so its parts have none.
    drawing = _PART_DESCRIPTIONS.sub("", drawing)
    label = _escaped(f"{chart.title}. {chart.description}")
    return drawing.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1)


def _escaped(text: str) -> str:
    from markupsafe import escape

    from cli.output.terminal_text import safe

    return str(escape(safe(text)))


def _specification(chart: "Chart") -> dict[str, Any]:
    """Return the chart as a specification of Vega-Lite: https://vega.github.io/vega-lite/docs/."""
    series = list(dict.fromkeys(name for _, name, _ in chart.bars))
    categories = [_in_lines(category) for category, _, _ in chart.bars]
    rows = [
        {"category": category, "series": name, "length": length}
        for category, (_, name, length) in zip(categories, chart.bars, strict=True)
    ]
    is_grouped = len(series) > 1 and not chart.stacked
    lines = max(category.count("\n") for category in categories) + 1
    encoding: dict[str, Any] = {
        "y": {
            "field": "category",
            "type": "nominal",
            "sort": list(dict.fromkeys(categories)),
            "title": None,
            "axis": {"labelLimit": 0, "ticks": False, "domain": False},
        },
        "x": {
            "field": "length",
            "type": "quantitative",
            "title": chart.unit,
            "scale": {"domainMax": _longest(chart) * (1 if chart.stacked else 1.14), "nice": False},
            "axis": {"tickCount": 4, "format": _format(chart)},
        },
        "color": {
            "field": "series",
            "type": "nominal",
            "sort": series,
            "scale": {"domain": series, "range": list(_SERIES)[: len(series)]},
            "legend": {"title": None, "orient": "top"} if len(series) > 1 else None,
        },
    }
    if is_grouped:
        encoding["yOffset"] = {"field": "series", "type": "nominal", "sort": series}
    return {
        "data": {"values": rows},
        "width": _WIDTH,
        "height": {"step": 13 + lines if is_grouped else 5 + 17 * lines},
        "autosize": {"type": "fit-x", "contains": "padding"},
        "padding": {"left": 10, "right": 4, "top": 2, "bottom": 2},
        "encoding": encoding,
        "layer": [{"mark": {"type": "bar", "height": {"band": 0.8}}}, *_figures(chart)],
        "config": _CONFIG,
    }


def _figures(chart: "Chart") -> list[dict[str, Any]]:
    """Return the layer that writes each bar's figure at its end; stacked bars have none."""
    if chart.stacked:
        return []
    mark = {"type": "text", "align": "left", "dx": 4, "baseline": "middle", "fontSize": _SIZE - 2}
    return [
        {
            "mark": {**mark, "color": "#050505"},
            "encoding": {
                "text": {"field": "length", "type": "quantitative", "format": _format(chart)},
                "color": {"value": "#050505"},
            },
        }
    ]


def _in_lines(category: str) -> str:
    return "\n".join(textwrap.wrap(category, _LABEL)) or " "


def _longest(chart: "Chart") -> float:
    """Return the length of the longest bar."""
    ends: dict[str, float] = {}
    for category, _, length in chart.bars:
        before = ends.get(category, 0.0)
        ends[category] = before + length if chart.stacked else max(before, length)
    return max(ends.values())


def _format(chart: "Chart") -> str:
    return ".3~s" if any(length >= 10_000 for _, _, length in chart.bars) else ",d"


_CONFIG: dict[str, Any] = {
    "aria": False,
    "background": "transparent",
    "font": _FONT,
    "lineBreak": "\n",
    "view": {"stroke": None},
    "axis": {
        "labelColor": "#050505",
        "titleColor": "#050505",
        "gridColor": "#060606",
        "tickColor": "#060606",
        "domainColor": "#060606",
        "labelFontSize": _SIZE,
        "titleFontSize": _SIZE,
        "titleFontWeight": "normal",
    },
    "legend": {"labelColor": "#050505", "labelFontSize": _SIZE},
}
