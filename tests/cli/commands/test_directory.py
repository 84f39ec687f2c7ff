"""The directory on the command line: registered, listed, shown, replayed, verified, exported and moved."""

import pytest

from support import given as g
from support.cli_shell import Shell, on_grant

pytestmark = pytest.mark.both_stores


def with_institutions(gb: Shell) -> Shell:
    """Register two institutions and rename one."""
    officers = [g.appoint("2008-10-01", officer="s.cretary", roles=["secretariat"])]
    officers.append(g.appoint("2008-10-01", officer="c.hecker", roles=["approver"]))
    board = g.register_institution("01-11", institution="BOARD", name="Dairy Board", country=None)
    commands = [*officers, g.register_institution("01-10"), board, g.rename_institution("03-01")]
    assert gb("record", gb.file([command.words() for command in commands])).code == 0
    return gb


def test_an_institution_has_a_page_and_a_history(gb: Shell) -> None:
    with_institutions(gb)
    assert [row["institution"] for row in gb("--json", "directory", "list").rows] == ["BOARD", "MOA"]
    early = gb("--json", "directory", "show", "MOA", "--on", "2017-02-28").row
    assert (early["name"], early["names"]) == (
        "Ministry of Agriculture",
        ["Ministry of Agriculture from 2017-01-10"],
    )
    assert gb("--json", "directory", "show", "MOA").row["name"] == "Ministry of Food"
    wrong = gb("directory", "show", "MOAX")
    assert (wrong.code, "did you mean MOA?" in wrong.err) == (2, True)
    history = " ".join(gb("audit", "history", "directory").out.split())
    assert "s.cretary registered MOA, “Ministry of Agriculture”, government in TZ" in history
    assert "s.cretary gave MOA the name “Ministry of Food”" in history
    replayed = gb("--json", "audit", "replay", "directory", "--on", "2017-02-28").row["state"]
    assert replayed["institution_MOA"] == "Ministry of Agriculture, TZ, government"
    changed = gb("audit", "diff", "directory", "--from", "2017-02-28", "--to", "2017-03-01").out
    assert "Ministry of Agriculture, TZ, government → Ministry of Food" in " ".join(changed.split())


def test_an_empty_directory_is_said_to_be_empty(gb: Shell) -> None:
    empty = gb("audit", "history", "directory")
    assert (empty.code, "nothing is recorded in the directory" in empty.err) == (2, True)


def test_the_directory_is_verified_and_its_refusals_are_judged_again(gb: Shell) -> None:
    with_institutions(gb)
    words = {"command": "RegisterInstitution", "on": "2017-04-01", "actor": "s.cretary", "name": "Other"}
    taken = {**words, "institution": "MOA", "type": "government"}
    refused = gb("record", gb.file([taken]))
    assert (refused.code, "InstitutionIdTaken" in refused.out) == (1, True)
    verified = gb("audit", "verify", "--rules")
    assert verified.code == 0
    assert "3 of the directory" in verified.out
    streams = {row["stream"] for row in gb("--json", "report", "entries").rows}
    assert "directory" in streams


def test_an_export_of_entries_holds_the_directory(gb: Shell) -> None:
    with_institutions(gb)
    folder = str(gb.folder / "entries")
    assert gb("export", "entries", folder, "--buckets", "2").code == 0
    rows = gb("--json", "report", "institutions", "--entries", folder).rows
    assert [row["name"] for row in rows] == ["Dairy Board", "Ministry of Food"]


def test_a_story_is_shown_whole_with_what_it_was_used_for(lived: Shell) -> None:
    desk = on_grant(
        "PublishResultsStory", "2018-05-01", "desk", title="Milk", summary="More of it", url="https://x.org"
    )
    assert "no results story of G-1" in lived("library", "show", "G-1").err
    lines = [
        on_grant("CompleteImplementation", "2018-03-31", "leader"),
        on_grant("ReportOutcomes", "2018-04-02", "leader", outcomes={"enhanced_networks": "A network"}),
        desk,
        {"command": "VoiceNeed", "need": "TZ-MILK", "country": "TZ", "challenge": "Milk"},
        {"command": "MeetNeed", "need": "TZ-MILK", "grant": "G-1"},
        {"command": "RecordUse", "story": "G-1", "by": "Uganda", "purpose": "a strategy", "worth": 4},
        {"command": "RecordUse", "story": "G-1", "by": "Kenya", "purpose": "a law", "worth": 5},
    ]
    for line in lines[3:]:
        line |= {"on": "2018-06-01", "actor": "desk"}
    assert lived("record", lived.file(lines)).code == 0
    shown = " ".join(lived("library", "show", "G-1").out.split())
    for words in (
        "Milk: More of it (https://x.org)",
        "enhanced networks: A network",
        "Needs that it met: TZ-MILK",
        "Used 2 times, worth 4.50 of 5 on average: 2018-06-01: Uganda, for a strategy, worth 4",
    ):
        assert words in shown
    row = lived("--json", "library", "show", "G-1", "--on", "2018-05-31").row
    assert (row["uses"], row["mean_worth"], row["stories"][0]["title"]) == ([], None, "Milk")
    assert lived("library", "show", "G-1", "--on", "2018-04-30").code == 2
    other = on_grant("RestructureGrant", "2018-03-30", "boss", recipients=["UG"], reason="Asked for")
    assert lived("record", lived.file([other])).code == 0
    assert lived("--json", "library", "show", "G-1").row["needs_met"] == []  # it is a need of TZ
    verified = lived("audit", "verify", "--rules")
    assert verified.code == 0, verified.out
    running = lived("--json", "library", "match", "--need", "dairy", "--recipient", "KE", "--running")
    assert running.code == 0
