"""The pages of ``grantbook serve`` show what the commands print, and are guarded."""

import json
from collections.abc import Callable
from html import unescape

import pytest

from cli.web import pages
from cli.web.app import PAGES, app_for
from cli.web.asked import POLICY, Answer, Asked
from cli.web.linked_tables import table
from cli.web.reports import names
from projections.progress.model import Section, Table
from support.asgi import Response, ask
from support.cli_shell import Shell, life, on_grant, with_corrections
from support.inserting import forging
from support.pages import HOSTILE, HTML, assert_accessible, elements, hostile_life, parsed
from support.replay_pages import text_of

Get = Callable[..., Response]
STATIC = [path for path in PAGES if "{" not in path]
OF_GRANT = ["/grants/G-1", "/grants/G-1?on=2017-02-01", "/reports/register", "/library?q=dairy"]


def browse(shell: Shell) -> Get:
    app = app_for(shell.place, ["127.0.0.1"])
    return lambda address, method="GET", **headers: ask(app, address, method, **headers)


def rows_of(text: str, number: int = 0) -> list[list[str]]:
    table = list(elements(parsed(text), "table"))[number]
    body = next(table.iter(f"{HTML}tbody"))
    return [[text_of(cell) for cell in row] for row in body.iter(f"{HTML}tr")]


@pytest.mark.parametrize("path", [*STATIC, *OF_GRANT])
def test_pages_are_valid_accessible_and_guarded(lived: Shell, path: str) -> None:
    response = browse(lived)(path)
    assert response.status == 200, response.text
    tree = parsed(response.text)
    for link in elements(tree, "a"):
        assert link.get("href") == "" or str(link.get("href")).startswith(("/", "#"))
        link.set("href", "#content")
    assert_accessible(tree)
    assert all(field.tag != f"{HTML}input" or field.get("name") for field in tree.iter())
    assert response.text.count("<script") == 1
    assert '<script src="/live.js" defer>' in response.text
    assert "style=" not in response.text
    assert response.headers["content-security-policy"] == POLICY
    assert "default-src 'none'; style-src 'self'; script-src 'self';" in POLICY
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in response.headers


@pytest.mark.parametrize("name", names())
def test_every_report_has_a_page_with_the_rows_of_the_command(lived: Shell, name: str) -> None:
    get, dates = browse(lived), ("--as-of", "2017-06-01", "--known", "14")
    expected = lived("report", name, *dates, "--json")
    if expected.code:
        pytest.skip("it is no command")
    response = get(f"/reports/{name}?as_of=2017-06-01&known=14")
    assert response.status == 200, response.text
    assert "As of 2017-06-01, as known at" in response.text
    downloaded = get(f"/reports/{name}.json?as_of=2017-06-01&known=14")
    assert json.loads(downloaded.body) == expected.rows
    csv = lived("report", name, *dates, "--format", "csv")
    assert get(f"/reports/{name}.csv?as_of=2017-06-01&known=14").text == csv.out
    assert f'filename="{name}.json"' in downloaded.headers["content-disposition"]


def test_a_spreadsheet_is_downloaded(lived: Shell) -> None:
    assert browse(lived)("/reports/register.xlsx").body.startswith(b"PK")


def proposed(shell: Shell, number: int) -> None:
    """Record proposals beside the grant G-1."""
    terms = {
        "window": "stand_alone",
        "recipients": ["KE"],
        "providers": ["LK"],
        "sector": "tea",
        "months": 12,
    }
    lines = [
        {"command": "ProposeGrant", "grant": f"T-{i}", "title": f"Tea {i}", "objective": "Tea", **terms}
        | {"on": "2018-01-10", "actor": "leader", "amount": "100.00 USD"}
        for i in range(number)
    ]
    assert shell("record", shell.file(lines)).code == 0


def test_the_register_is_searched_filtered_and_has_pages(lived: Shell) -> None:
    proposed(lived, 120)
    get = browse(lived)
    first, second = (rows_of(get(f"/reports/register?page={page}").text) for page in (1, 2))
    assert (len(first), len(second)) == (100, 21)
    assert "Rows 101 to 121 of 121." in get("/reports/register?page=2").text
    assert {row[0] for row in rows_of(get("/reports/register?stage=effective").text)} == {"G-1"}
    found = rows_of(get("/reports/register?q=TEA+119&as_of=").text)
    assert [row[0] for row in found] == ["T-119"]
    assert 'href="/grants/T-119"' in get("/reports/register?q=119").text


def test_a_grant_shows_its_state_on_a_day_and_what_may_come_next(lived: Shell) -> None:
    get = browse(with_corrections(lived))
    state = dict(rows_of(get("/grants/G-1").text))
    assert (state["stage"], state["undisbursed"]) == ("effective", "11,700.00 USD")
    acts = rows_of(get("/grants/G-1").text, 1)
    assert ["grant complete", "ttl", "leader"] in acts
    known = str(lived("--json", "audit", "history", "G-1").rows[2]["position"])
    then = dict(rows_of(get(f"/grants/G-1?on=2017-02-01&known={known}").text))
    dates = ("--on", "2017-02-01", "--known", known)
    replayed = lived("--json", "audit", "replay", "G-1", *dates).row["state"]
    assert then["stage"] == replayed["stage"] == "requested"


def test_the_replay_brings_its_own_policy(lived: Shell) -> None:
    response = browse(lived)("/grants/G-1/replay?on=2017-02-10")
    policy = response.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert policy.endswith("frame-ancestors 'none'")
    assert 'href="/grants/G-1"' in response.text


def test_the_queue_has_what_waits(lived: Shell) -> None:
    asked = on_grant("RequestPayment", "2017-09-01", "leader", payment="P7", payee="Bus", category="travel")
    assert lived("record", lived.file([{**asked, "amount": "10.00 USD"}])).code == 0
    assert [row[1] for row in rows_of(browse(lived)("/payments").text)][:1] == ["P7"]


def test_texts_that_try_to_be_markup_are_inert(gb: Shell) -> None:
    assert gb("record", gb.file(hostile_life())).code == 0
    get = browse(gb)
    for path in (*STATIC, "/grants/G-1", "/reports/register", "/reports/entries"):
        text = get(path).text
        assert text.count("<script") == 1
        assert "<b>agri" not in text
        assert "\u202e" not in text
    assert HOSTILE[:25] in unescape(get("/grants/G-1").text)
    echoed = get("/reports/register?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E").text
    assert echoed.count("<script") == 1


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/nothing", 404, "there is no such page"),
        ("/grants/G-2", 404, "did you mean G-1"),
        ("/grants/..%2F..%2Fetc%2Fpasswd", 404, "no grant '../../etc/passwd'"),
        ("/grants/..%2F..%2Fetc%2Fpasswd/replay", 404, "no grant '../../etc/passwd'"),
        ("/grants/", 404, "no grant ''"),
        ("/grants/G-1?on=2016-01-01", 404, "there was no grant 'G-1' then"),
        ("/grants/G-1?on=tomorow", 400, "between 1900 and 2199"),
        ("/reports/none", 404, "there are: register"),
        ("/reports/register.exe", 404, "there is no report register.exe"),
        ("/reports/register?as_of=2017-13-01", 400, "2017-13-01"),
        ("/reports/register?known=99999", 400, "99999"),
        ("/reports/register?colour=red", 400, "colour: this page does not take it"),
        ("/reports/register?page=0", 400, "page: write a number from 1 on"),
        ("/reports/disbursement?by=moon", 400, "moon is not a key of disbursement"),
        ("/payments?status=x", 400, "status: this page does not take it"),
        ("/library?q=tea&country=XX", 400, "XX is no country"),
        ("/reports/register?q=" + "a" * 3_000, 414, "longer than 2,000 characters"),
    ],
)
def test_a_wrong_address_gets_the_words_of_the_shell(
    lived: Shell, address: str, status: int, words: str
) -> None:
    response = browse(lived)(address)
    assert response.status == status
    assert words in unescape(response.text)
    assert "Traceback" not in response.text
    assert "malformed" not in response.text
    assert "--" not in response.text.split("<main")[1]
    assert response.headers["content-security-policy"] == POLICY
    parsed(response.text)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_pages_are_only_read(lived: Shell, method: str) -> None:
    response = browse(lived)("/grants/G-1", method)
    assert (response.status, "GET" in response.headers["allow"]) == (405, True)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", ""])
def test_another_host_is_refused(lived: Shell, host: str) -> None:
    assert browse(lived)("/", host=host).status == 400


def test_a_browser_that_has_the_page_gets_it_again_only_after_a_new_entry(lived: Shell) -> None:
    get = browse(lived)
    assert "1.00 USD" not in get("/grants/G-1/replay").text.replace("1,", "")
    tag = get("/grants/G-1").headers["etag"]
    again = get("/grants/G-1", if_none_match=tag)
    assert (again.status, again.body) == (304, b"")
    assert "content-security-policy" not in again.headers
    assert get("/grants/G-1?on=2017-02-01").headers["etag"] != tag
    cost = on_grant("RecordCost", "2017-09-01", "leader", purpose="preparation", amount="1.00 USD")
    assert lived("record", lived.file([cost])).code == 0
    newer = get("/grants/G-1", if_none_match=tag)
    assert (newer.status, newer.headers["etag"] == tag) == (200, False)
    assert "1.00 USD" in get("/grants/G-1/replay").text
    style = get("/style.css")
    assert get("/style.css", if_none_match=style.headers["etag"]).status == 304


def test_the_state_of_the_seal_is_shown(lived: Shell) -> None:
    if isinstance(lived.place, str):  # a book in a database is sealed when somebody asks for it
        assert "Nothing is sealed yet." in browse(lived)("/verification").text
        assert lived("audit", "seal").code == 0
    text = " ".join(browse(lived)("/verification").text.split())
    assert "Sealed: " in text
    assert "Nothing is unsealed." in text
    # The server of the tests does not wait for its disk, and the page says so.
    assert {row[1] for row in rows_of(text)} == ({"yes", "no"} if isinstance(lived.place, str) else {"yes"})


def test_a_book_that_is_not_there_is_named(lived: Shell) -> None:
    get = browse(lived)
    if isinstance(lived.place, str):
        pytest.skip("about a folder")
    (lived.path / "journal.sqlite").rename(lived.path / "gone")
    assert get("/").status == 503


@pytest.mark.of_a_file("a book in a database has its seals elsewhere")
def test_the_verification_is_asked_anew_for_each_request(lived: Shell) -> None:
    get = browse(lived)
    assert all(row[1] == "yes" for row in rows_of(get("/verification").text))
    assert "etag" not in get("/verification").headers
    (lived.path / "checkpoints").rename(lived.path / "gone")
    assert "Nothing is sealed yet." in get("/verification").text


def test_an_erased_name_is_on_no_page_that_was_kept(lived: Shell) -> None:
    assert lived("officer", "name", "leader", "Ada L. Writer").code == 0
    get = browse(lived)
    before = get("/grants/G-1/replay")
    assert "Ada L. Writer" in before.text
    erased = lived("officer", "erase", "leader")
    assert erased.code == 0, erased.err
    after = get("/grants/G-1/replay", if_none_match=before.headers["etag"])
    assert (after.status, "Ada L. Writer" in after.text) == (200, False)


def test_a_grant_may_have_slashes_in_its_id(lived: Shell) -> None:
    proposal = next(line for line in life() if line["command"] == "ProposeGrant")
    assert lived("record", lived.file([{**proposal, "grant": "SSF/2017/01", "on": "2018-01-10"}])).code == 0
    get = browse(lived)
    assert 'href="/grants/SSF%2F2017%2F01"' in get("/reports/register").text
    for path in ("/grants/SSF%2F2017%2F01", "/grants/SSF%2F2017%2F01/replay", "/grants/SSF/2017/01"):
        assert "SSF/2017/01" in get(path).text.split("</h1>")[0].split("<h1>")[1]


@pytest.mark.parametrize("path", ["/reports/timeline", "/reports/documents", "/reports/needs"])
def test_a_cell_without_a_grant_leads_nowhere(lived: Shell, path: str) -> None:
    assert "%E2%80%93" not in browse(lived)(path).text


def test_what_belongs_to_the_fund_leads_nowhere() -> None:
    made = table("Documents", (("grant", False),), [["\u2013"], [""], ["total"], ["fund"], ["G-1"]])
    assert [path for ((_, path),) in made["rows"]] == ["", "", "", "", "/grants/G-1"]


def test_the_glance_shows_what_may_be_promised_and_how_many_rows_are_left_out(lived: Shell) -> None:
    assert "Available to promise: 930,000.00 USD" in browse(lived)("/").text
    columns, rows = (("grant", False),), [("G-1",)]
    section = Section("due", "Due", tables=[Table("Due", columns, rows, 2_000), Table("Also", columns, rows)])
    first, second = pages._parts(section)
    assert (first["title"], first["table"]["more"]) == ("Due", "And 2,000 more.")
    assert (second["title"], second["table"]["more"]) == ("Also", "")


@pytest.mark.parametrize("debug", ["", "1"])
def test_a_fault_is_on_stderr_with_its_place_if_asked_for(
    lived: Shell, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], debug: str
) -> None:
    def broken(asked: object) -> None:
        raise RuntimeError("a gap in the program")

    monkeypatch.setitem(PAGES, "/calls", broken)
    monkeypatch.setenv("GRANTBOOK_DEBUG", debug)
    response = browse(lived)("/calls")
    assert (response.status, "grantbook has a fault" in response.text) == (500, True)
    assert "Traceback" not in response.text
    printed = capsys.readouterr().err
    assert "RuntimeError: a gap in the program" in printed
    assert ("in broken" in printed) == bool(debug)


def test_a_stream_that_is_stopped_is_named_on_each_page(lived: Shell) -> None:
    get = browse(lived)
    assert "Warning" not in get("/grants/G-1").text
    with forging(lived.place) as forger:
        position = forger.entry("grant:G-1", "Nonsense.v1", {"on": "2017-09-12", "actor": "leader"})
    for path in ("/", "/grants/G-1", "/reports/register"):
        assert f"--quarantine {position}" in get(path).text


def test_a_page_knows_its_position_and_asks_for_the_newest(lived: Shell) -> None:
    get = browse(lived)
    position = int(get("/position").text)
    page = get("/grants/G-1").text
    assert f'data-position="{position}"' in page
    cost = on_grant("RecordCost", "2017-09-01", "leader", purpose="preparation", amount="1.00 USD")
    assert lived("record", lived.file([cost])).code == 0
    newest = get("/position")
    assert (int(newest.text) > position, "etag" in newest.headers) == (True, False)
    assert 'data-position=""' in get("/nothing").text


def test_pages_are_kept_in_a_bounded_memory_and_downloads_are_not(
    lived: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []

    def sized(asked: Asked) -> Answer:
        made.append(asked.names["name"])
        return Answer(b"x" * 40, file_name="a.csv" if asked.names["name"] == "a.csv" else None)

    monkeypatch.setitem(PAGES, "/reports/{name}", sized)
    monkeypatch.setattr("cli.web.app.KEPT_BYTES", 100)
    get = browse(lived)
    for name in ("one", "one", "two", "two", "one", "three", "one", "two", "a.csv", "a.csv"):
        assert get(f"/reports/{name}").status == 200
    assert made == ["one", "two", "three", "two", "a.csv", "a.csv"]


def test_no_proxy_keeps_a_page(lived: Shell) -> None:
    get = browse(lived)
    page = get("/calls")
    again = get("/calls", if_none_match=page.headers["etag"])
    style = get("/style.css")
    unchanged = get("/style.css", if_none_match=style.headers["etag"])
    answers = (page, again, style, unchanged, get("/nothing"))
    assert {answer.headers["cache-control"] for answer in answers} == {"private, no-cache"}
    assert "content-security-policy" not in unchanged.headers


def test_a_search_shows_no_total_and_all_rows_have_it_on_the_last_page(
    lived: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    joined = next(line for line in life() if line["command"] == "JoinPartner")
    assert lived("record", lived.file([{**joined, "partner": "NO", "name": "Norway"}])).code == 0
    get = browse(lived)
    assert [row[0] for row in rows_of(get("/reports/fund").text)] == ["DK", "NO", "total"]
    assert [row[0] for row in rows_of(get("/reports/fund?q=1,000,000.00").text)] == ["DK"]
    assert [row[0] for row in rows_of(get("/reports/fund?q=total").text)] == ["none"]
    for module in ("reports", "linked_tables"):
        monkeypatch.setattr(f"cli.web.{module}.ROWS", 1)
    get = browse(lived)
    first, second = (get(f"/reports/fund?page={page}").text for page in (1, 2))
    assert [row[0] for row in rows_of(first)] == ["DK"]
    assert [row[0] for row in rows_of(second)] == ["NO", "total"]
    assert "Rows 2 to 2 of 2." in second
    assert ("Next rows" in first, "Next rows" in second) == (True, False)
    past = get("/reports/fund?page=3")
    assert (past.status, "there is no page 3: there are 2 rows" in past.text) == (404, True)


def test_the_library_says_what_it_leaves_out(lived: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Type at least one word." in browse(lived)("/library?sector=agriculture").text
    assert "The first" not in browse(lived)("/library?q=dairy").text
