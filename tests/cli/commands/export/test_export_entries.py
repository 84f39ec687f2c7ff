"""``grantbook export entries``, and reports on the entries that it writes."""

import pytest

from support.cli_shell import Shell

OPTIONS = ("--as-of", "2017-12-31", "--json")


@pytest.fixture
def exported(lived: Shell) -> Shell:
    result = lived("export", "entries", "out", "--buckets", "2")
    assert result.code == 0, result.err
    return lived


def test_entries_are_exported_and_the_same_command_finds_them(lived: Shell) -> None:
    position = lived("views", "status", "--json").row["journal"]
    result = lived("export", "entries", "out", "--buckets", "2", "--json")
    assert result.row == {
        "folder": "out",
        "position": position,
        "entries": position,
        "buckets": 3,
        "found": 0,
    }
    again = lived("export", "entries", "out")
    written = f"{position} entries up to position {position}, in 3 files"
    assert again.out == f"wrote out: {written}, 3 of them by an earlier run\n"


def test_reports_on_entries_are_those_of_the_book(exported: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    reports = [("register",), ("disbursement", "--by", "window"), ("fund",), ("timeline", "--known", "20")]
    from_the_book = [exported("report", *words, *OPTIONS) for words in reports]
    monkeypatch.delenv("GRANTBOOK_BOOK")
    for words, expected in zip(reports, from_the_book, strict=True):
        result = exported("report", *words, *OPTIONS, "--entries", "out")
        assert (result.code, result.rows, result.err) == (0, expected.rows, expected.err)


def test_reminders_from_entries_are_those_of_the_book(exported: Shell) -> None:
    words = ("report", "timeline", "--due-within", "900", "--as-of", "2017-12-31", "--format", "ics")
    assert exported(*words, "--entries", "out").out == exported(*words).out


def test_a_local_cluster_of_two_processes_reports_the_same(exported: Shell) -> None:
    words = ("report", "register", *OPTIONS)
    result = exported.other(*words, "--entries", "out", "--cluster", "local:2")
    assert (result.code, result.out) == (0, exported(*words).out)


def test_entries_are_exported_as_known_at_a_position(lived: Shell) -> None:
    result = lived("export", "entries", "out", "--known", "20", "--json")
    assert 20 <= result.row["position"] < 25
    assert result.row["entries"] == result.row["position"]
    refused = lived("export", "entries", "out", "--known", "10")
    assert refused.code == 2
    assert "not 10: name a new folder" in refused.err


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("--cluster", "local"), 2, "name them with --entries"),
        (("--cluster", "nonsense", "--entries", "out"), 2, "write local, local:4 or tcp://"),
        (("--cluster", "local:0", "--entries", "out"), 2, "write local, local:4 or tcp://"),
        (("--entries", "nowhere"), 5, "nowhere holds no exported entries"),
        (("--entries", "out", "--views", "x"), 2, "leave --entries or --views out"),
        (("--entries", "out", "--grant", "NONE"), 2, "NONE"),
        (("--entries", "out", "--known", "yesterday"), 2, "write a time with its zone"),
    ],
)
def test_wrong_options_are_refused_by_name(
    exported: Shell, words: tuple[str, ...], code: int, message: str
) -> None:
    result = exported("report", "register", *words)
    assert result.code == code
    assert message in result.err


def test_a_missing_package_is_named_with_its_extra(exported: Shell) -> None:
    blocked = "import sys; sys.modules['{}'] = None\nfrom cli.main import main; main()"
    for module, words, extra in (
        ("pyarrow", ("export", "entries", "other"), "grantbook[parquet]"),
        ("pyarrow", ("report", "register", "--entries", "out"), "grantbook[cluster]"),
        (
            "distributed",
            ("report", "register", "--entries", "out", "--cluster", "local"),
            "grantbook[cluster]",
        ),
    ):
        result = exported.other(*words, program=blocked.format(module))
        assert result.code in (2, 5)
        assert extra in result.err
