from cli.commands.reports.report import KEYS
from projections.reports import sql_views as views


def test_the_keys_that_help_names_are_those_that_reports_have() -> None:
    assert {name: sorted(keys) for name, keys in KEYS.items()} == {
        name: sorted(keys) for name, keys in views.KEYS.items()
    }
