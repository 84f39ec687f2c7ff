"""Requests to the application of `grantbook serve`, without a server."""

import asyncio
from collections.abc import Mapping
from typing import Any, NamedTuple

from starlette.applications import Starlette

HOST = "127.0.0.1:8765"


class Response(NamedTuple):
    """What a browser gets."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


def ask(app: Starlette, address: str, method: str = "GET", **headers: str) -> Response:
    """Return the answer to a request. Names of headers are written with underscores."""
    path, _, query = address.partition("?")
    return asyncio.run(_ask(app, path, query, method, {"host": HOST} | headers))


async def _ask(app: Starlette, path: str, query: str, method: str, headers: Mapping[str, str]) -> Response:
    from urllib.parse import unquote

    messages: list[Mapping[str, Any]] = []
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", 8765),
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        messages.append(message)

    await app(scope, receive, send)
    start = messages[0]
    body = b"".join(message.get("body", b"") for message in messages[1:])
    return Response(
        start["status"], {name.decode(): value.decode() for name, value in start["headers"]}, body
    )
