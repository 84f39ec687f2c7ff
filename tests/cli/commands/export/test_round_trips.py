"""What is published of the demo comes back by ``import``, with the same figures for each grant."""

from collections.abc import Collection

import pytest

from support.cli_shell import Shell

PUBLISHER = '[publisher]\nidentifier = "XM-DAC-1"\nname = "F"\ntype = "40"\ngiving_prefix = "360G-f"\n'
FIGURES = (
    *("approved", "increased", "cancelled", "committed", "disbursed", "refunded", "net_disbursed"),
    *("undisbursed", "first_paid_on", "last_paid_on"),
)


def terms(shell: Shell, book: str, grants: Collection[str], prefix: str = "") -> dict[str, list[str]]:
    """Return window, recipients and providers of grants by their name in the publication."""
    rows = shell("report", "register", "--json", "--book", book).rows
    return {
        prefix + row["grant"]: [row["window"], *sorted(row["recipients"]), *sorted(row["providers"])]
        for row in rows
        if prefix + row["grant"] in grants
    }


@pytest.mark.slow
@pytest.mark.of_a_file("the demo makes a book in a folder")
@pytest.mark.parametrize(
    ("export", "written", "file", "shipped", "prefix"),
    [
        ("iati", "out", "out/activities.xml", "iati-2.03", "XM-DAC-1-"),
        ("360giving", "out.json", "out.json", "360giving", "360G-f-"),
    ],
)
def test_the_demo_comes_back(
    shell: Shell, export: str, written: str, file: str, *, shipped: str, prefix: str
) -> None:
    assert shell("demo", "demo").code == 0
    (shell.folder / "who.toml").write_text(PUBLISHER)
    assert shell("export", export, written, "--book", "demo", "--publisher", "who.toml").code == 0
    assert shell("init", "copy", "--name", "Copy", "--on", "2008-10-01").code == 0
    imported = shell("import", shipped, file, "--book", "copy")
    assert imported.code == 0, imported.err
    before = shell("report", "disbursement", "--json", "--book", "demo").rows
    after = shell("report", "disbursement", "--json", "--book", "copy").rows
    expected = {
        prefix + row["grant"]: [row[key] for key in FIGURES] for row in before if row["approved"] != "0.00"
    }
    found = {row["grant"]: [row[key] for key in FIGURES] for row in after if row["approved"] != "0.00"}
    assert found == expected
    assert len(found) > 20
    if export == "iati":  # the form of 360Giving has no windows and no providers
        assert terms(shell, "copy", found) == terms(shell, "demo", found, prefix)
