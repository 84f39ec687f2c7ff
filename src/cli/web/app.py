"""The application: which address leads to which page, what each answer is guarded by, and what is kept."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from threading import Lock

import click
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cli.shell.failures import BUG, code_and_message, problems, show
from cli.web import pages, reports
from cli.web.asked import POLICY, Answer, Asked, Missing, rendered
from lifecycle.parse import Malformed

_STATUS = {2: 400, 5: 503}
"""The status of an answer by the exit code that the same error has in the shell; else 500."""
KEPT = 64
"""The most pages that are kept in memory. One is not used again after another entry, name or day."""
KEPT_BYTES = 32 * 2**20
"""The most bytes of pages that are kept."""
LONGEST = 2_000
"""The most characters of an address that are read."""
FILES = {
    "/style.css": (("style.css", "web.css"), "text/css; charset=utf-8"),
    "/live.js": (("live.js",), "text/javascript; charset=utf-8"),
}
"""The files that pages use, each put together from files of this package, and its media type."""
CACHE_CONTROL = "private, no-cache"
"""A browser keeps a page but asks before it shows it again. A proxy keeps none."""
Page = Callable[[Asked], Answer]
PAGES: dict[str, Page] = {
    "/": pages.glance,
    "/grants/{grant:path}/replay": pages.replay,
    "/grants/{grant:path}": pages.grant,
    "/payments": pages.payments,
    "/calls": pages.calls,
    "/partners": pages.partners,
    "/countries": pages.countries,
    "/library": pages.library,
    "/reports": reports.index,
    "/reports/{name}": reports.report,
    "/verification": pages.verification,
}
"""The pages by path. The id of a grant may hold a slash, so the longer path of the two stands first."""
POSITION = "/position"
"""The path of the newest position, which a page that is left open asks for."""


def app_for(place: Path | str, hosts: Sequence[str]) -> Starlette:
    """Return the application that reads the book at this place, for requests to these hosts."""
    kept = _Kept()
    routes = [Route(path, _endpoint(page, place, kept), methods=["GET"]) for path, page in PAGES.items()]
    routes.append(Route(POSITION, _endpoint(_position, place, kept), methods=["GET"]))
    files = [Route(path, _file(path), methods=["GET"]) for path in FILES]
    return Starlette(
        routes=[*routes, *files],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False)],
        exception_handlers={HTTPException: _refused},
    )


class _Kept:
    """The pages that were given last, each for one position of the journal, one day and the names."""

    def __init__(self) -> None:
        self._answers: OrderedDict[str, Answer] = OrderedDict()
        self._size = 0
        self._lock = Lock()

    def get(self, key: str) -> Answer | None:
        with self._lock:
            if key in self._answers:
                self._answers.move_to_end(key)
            return self._answers.get(key)

    def put(self, key: str, answer: Answer) -> None:
        with self._lock:
            before = self._answers.pop(key, None)
            self._answers[key] = answer
            self._size += len(answer.body) - (0 if before is None else len(before.body))
            while len(self._answers) > KEPT or self._size > KEPT_BYTES:
                _, oldest = self._answers.popitem(last=False)
                self._size -= len(oldest.body)


def _endpoint(page: Page, place: Path | str, kept: _Kept) -> Callable[[Request], Response]:
    def answer(request: Request) -> Response:
        if len(str(request.url)) > LONGEST:
            return _error(414, f"the address is longer than {LONGEST:,} characters")
        try:
            return _answered(request, page, place, kept)
        except Missing as error:
            return _error(404, str(error))
        except click.ClickException as error:
            return _error(400, _words(error))
        except Malformed as error:
            return _error(400, "\n".join(problems(error)))
        except Exception as error:
            code, message = code_and_message(error)
            if code == BUG:
                show(error)  # on stderr, with the traceback if GRANTBOOK_DEBUG is set
            return _error(_STATUS.get(code, 500), message)

    return answer


def _words(error: click.ClickException) -> str:
    """Return what is wrong, with the field named as in the address rather than as an option."""
    hint = error.param_hint if isinstance(error, click.BadParameter) else None
    if not isinstance(hint, str):
        return error.format_message()
    return f"{hint.removeprefix('--').replace('-', '_')}: {error.message}"


def _answered(request: Request, page: Page, place: Path | str, kept: _Kept) -> Response:
    """Return the page, or that the browser has it already. The book is opened for this one request."""
    from lifecycle.book.book import Book
    from lifecycle.journal.addresses import is_address

    query = {name: value.strip() for name, value in request.query_params.items() if value.strip()}
    with Book.open(place, read_only=not is_address(str(place))) as book:
        path, names = request.scope["path"], sorted(book.names().items())
        asked = Asked(book, path, request.path_params, query)
        if page in UNKEPT:
            return _response(page(asked), {})
        key = f"{book.position()} {book.today()} {names} {path}?{sorted(query.items())}"
        tag = f'W/"{book.position()}-{sha256(key.encode()).hexdigest()[:20]}"'
        if tag in request.headers.get("if-none-match", ""):
            return _unchanged(tag)
        answer = kept.get(key)
        if answer is None:
            answer = page(asked)
            if answer.file_name is None:
                kept.put(key, answer)
    return _response(answer, {"ETag": tag})


def _unchanged(tag: str) -> Response:
    """Return that the browser has it, without a policy: it would replace that of the page that is kept."""
    return Response(status_code=304, headers={"Cache-Control": CACHE_CONTROL, "ETag": tag})


def _response(answer: Answer, headers: dict[str, str]) -> Response:
    headers = {**_headers(answer.policy), **headers}
    if answer.file_name is not None:
        headers["Content-Disposition"] = f'attachment; filename="{answer.file_name}"'
    return Response(answer.body, media_type=answer.media_type, headers=headers)


def _position(asked: Asked) -> Answer:
    """Return the newest position of the journal."""
    asked.require(())
    return Answer(str(asked.book.position()).encode(), "text/plain; charset=utf-8")


UNKEPT: tuple[Page, ...] = (pages.verification, _position)
"""What shows more than the entries of one position, and is made again for each request. It has no ETag."""


def _headers(policy: str) -> dict[str, str]:
    return {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": CACHE_CONTROL,
    }


def _error(status: int, message: str) -> Response:
    """Return a page that says what is wrong, in the words of the shell."""
    text = rendered("Not shown", [{"texts": message.splitlines()}])
    return Response(text, status, _headers(POLICY), "text/html; charset=utf-8")


def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    words = {404: "there is no such page", 405: "these pages are only read: GET and HEAD"}
    response = _error(error.status_code, words.get(error.status_code, error.detail))
    response.headers.update(error.headers or {})
    return response


def _file(path: str) -> Callable[[Request], Response]:
    from cli.output.pages import text_of_files

    names, media_type = FILES[path]
    text = text_of_files(*names)
    tag = f'"{sha256(text.encode()).hexdigest()[:20]}"'

    def answer(request: Request) -> Response:
        headers = {**_headers(POLICY), "ETag": tag}
        if tag in request.headers.get("if-none-match", ""):
            return _unchanged(tag)
        return Response(text, headers=headers, media_type=media_type)

    return answer
