"""``grantbook export entries``, and reports on what it wrote."""

import pytest

from support.cli_shell import Shell

WHEN = ("--as-of", "2017-12-31", "--json")


@pytest.fixture
def exported(lived: Shell) -> Shell:
    done = lived("export", "entries", "out", "--buckets", "2")
    assert done.code == 0, done.err
    return lived


def test_entries_are_exported_and_the_same_command_finds_them(lived: Shell) -> None:
    position = lived("views", "status", "--json").row["journal"]
    done = lived("export", "entries", "out", "--buckets", "2", "--json")
    assert done.row == {"folder": "out", "position": position, "entries": position, "buckets": 3, "found": 0}
    again = lived("export", "entries", "out")
    written = f"{position} entries up to position {position}, in 3 files"
    assert again.out == f"wrote out: {written}, 3 of them by an earlier run\n"


def test_reports_on_entries_are_those_of_the_book(exported: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    ways = [("register",), ("disbursement", "--by", "window"), ("fund",), ("timeline", "--known", "20")]
    by_the_book = [exported("report", *words, *WHEN) for words in ways]
    monkeypatch.delenv("GRANTBOOK_BOOK")
    for words, before in zip(ways, by_the_book, strict=True):
        done = exported("report", *words, *WHEN, "--entries", "out")
        assert (done.code, done.rows, done.err) == (0, before.rows, before.err)


def test_reminders_of_entries(exported: Shell) -> None:
    words = ("report", "timeline", "--due-within", "900", "--as-of", "2017-12-31", "--format", "ics")
    assert exported(*words, "--entries", "out").out == exported(*words).out


def test_two_processes_of_a_local_cluster(exported: Shell) -> None:
    words = ("report", "register", *WHEN)
    done = exported.other(*words, "--entries", "out", "--cluster", "local:2")
    assert (done.code, done.out) == (0, exported(*words).out)


def test_as_known_at_a_time(lived: Shell) -> None:
    done = lived("export", "entries", "out", "--known", "20", "--json")
    assert 20 <= done.row["position"] < 25
    assert done.row["entries"] == done.row["position"]
    refused = lived("export", "entries", "out", "--known", "10")
    assert refused.code == 5
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
def test_what_is_wrong_is_said(exported: Shell, words: tuple[str, ...], code: int, message: str) -> None:
    done = exported("report", "register", *words)
    assert done.code == code
    assert message in done.err


def test_without_the_packages_it_is_said_which_to_install(exported: Shell) -> None:
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
        done = exported.other(*words, program=blocked.format(module))
        assert done.code in (2, 5)
        assert extra in done.err
