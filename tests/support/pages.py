"""Reading pages of HTML in tests, and a grant whose texts try to be markup."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any
from xml.etree.ElementTree import Element

import html5lib

from support.cli_shell import officers, on_grant

HTML = "{http://www.w3.org/1999/xhtml}"
SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "<script>alert(1)</script> & ]]> | `x` \u202eevil \x1b[31m [a](javascript:b) " + "w" * 80


def parsed(text: str) -> Element:
    """Return the tree of the page, and raise an error if it is not valid HTML."""
    tree: Element = html5lib.HTMLParser(strict=True).parse(text)
    return tree


def elements(tree: Element, name: str) -> Iterator[Element]:
    return tree.iter(HTML + name)


def assert_accessible(tree: Element) -> None:
    """Check what a screen reader, a keyboard and a phone need."""
    assert tree.get("lang") == "en"
    assert len(list(elements(tree, "h1"))) == 1
    levels = [
        int(element.tag[-1]) for element in tree.iter() if re.fullmatch(r"\{.*\}h[1-6]", str(element.tag))
    ]
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert len(list(elements(tree, "main"))) == 1
    for table in elements(tree, "table"):
        assert table.find(f"{HTML}caption") is not None
        assert all(head.get("scope") in ("col", "row") for head in table.iter(f"{HTML}th"))
    for element in tree.iter():
        assert int(element.get("tabindex", "0")) == 0
        assert element.get("tabindex") is None or element.get("aria-label")
    for chart in tree.iter(f"{SVG}svg"):
        if chart.get("aria-hidden") == "true":
            continue
        assert chart.get("role") == "img"
        assert chart.get("aria-label")
    ids = [element.get("id") for element in tree.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    assert all(link.get("href", "#")[1:] in ids for link in elements(tree, "a"))


def assert_self_contained(text: str) -> None:
    """Check that the page needs no network and runs no script."""
    assert "<script" not in text
    assert not re.search(r'(src|href)="(?!#)', text)
    assert "url(h" not in text
    assert "@import" not in text


def hostile_life() -> list[dict[str, Any]]:
    """Return the commands of a grant whose texts try to be markup and to control the terminal."""
    proposed = on_grant(
        "ProposeGrant",
        "2017-01-10",
        "leader",
        title=HOSTILE.replace("\x1b", ""),
        window="stand_alone",
        recipients=["TZ"],
        providers=["IN"],
        sector="<b>agri</b>",
        objective=HOSTILE.replace("\x1b", ""),
        amount="1000.00 USD",
        months=12,
    )
    requested = on_grant(
        "RequestFunding",
        "2017-01-11",
        "leader",
        amount="1000.00 USD",
        budget=[{"line": "<i>", "amount": "1000.00 USD"}],
        letters=[{"country": "TZ", "ministry": "Livestock", "dated": "2017-01-01"}],
    )
    approved = on_grant("ApproveGrant", "2017-01-12", "boss", amount="1000.00 USD")
    signed = on_grant("SignAgreement", "2017-01-13", "desk")
    effective = on_grant("MakeEffective", "2017-01-14", "desk", closing_date="2017-12-31")
    return [*officers(), proposed, requested, approved, signed, effective]
