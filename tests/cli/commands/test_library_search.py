"""``library search`` and ``match`` as a person would use them."""

from support.cli_shell import Shell, on_grant

HELD = [
    on_grant(
        "HoldActivity",
        "2017-09-01",
        "leader",
        activity="A1",
        starts="2017-08-28",
        ends="2017-09-01",
        host="IN",
        participants=[{"country": "TZ", "women": 4}],
    ),
    on_grant("RecordLesson", "2017-09-02", "leader", worked="Village cooperatives", why="Trust"),
]


def test_a_search_marks_the_words_that_it_finds(lived: Shell) -> None:
    assert lived("record", lived.file(HELD)).code == 0
    (row,) = lived("--json", "library", "search", "cooperatives").rows
    assert (row["grant"], row["kind"], row["outcomes"]) == ("G-1", "lesson", [])
    assert "**cooperatives**" in row["snippet"]
    result = lived("library", "search", "dairy", "strategy", "--country", "TZ")
    assert result.code == 0
    assert "As of " in result.out
    assert "no rows" in lived("library", "search", "dairy", "--country", "PE").out


def test_match_names_the_providers_that_met_the_need(lived: Shell) -> None:
    words = ("--json", "library", "match", "--need", "dairy", "--recipient", "KE")
    assert lived(*words).rows == []
    assert lived("record", lived.file(HELD)).code == 0
    (row,) = lived(*words).rows
    assert (row["provider"], row["held"], row["received_before"]) == ("IN", 1, False)
    assert lived(*words, "--as-of", "2017-08-31").rows == []
    assert lived(*words, "--known", "10").rows == []
    assert "TX is no country" in lived("library", "match", "--need", "dairy", "--recipient", "TX").err
    assert "score = sum over" in lived("library", "match", "--need", "dairy", "--recipient", "TZ").out
