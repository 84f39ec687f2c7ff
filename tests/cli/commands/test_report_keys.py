"""The keys of ``--by`` that help shows are those that the reports have."""

from cli.commands.reports.report import KEYS
from projections.reports import sql_views


def test_help_names_the_keys_that_the_reports_have() -> None:
    assert {name: sorted(keys) for name, keys in KEYS.items()} == {
        name: sorted(keys) for name, keys in sql_views.KEYS.items()
    }
