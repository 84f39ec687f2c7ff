"""``grantbook serve``: the book in a browser, only to be read."""

import re
import signal
from ipaddress import ip_address
from typing import TYPE_CHECKING

import click

from cli.output.terminal_text import safe, say
from cli.shell.settings import Command, located, settings
from lifecycle.kernel.memory import collector_at_work

if TYPE_CHECKING:
    from socket import socket

PORT = 8765
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
"""The names of this machine to itself."""
DRAIN = 10
"""After a signal to end, requests in progress are cut off after this number of seconds."""
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", re.ASCII)


@click.command(
    "serve",
    cls=Command,
    help="""Show the book in a browser, only to be read.

    Pages of what waits, grants, payments, calls, partners, countries, the library and every report. Only this
    machine can reach them, because readers are not asked to log in. To let others read, run a proxy with a
    login on this machine, and name its host with --behind-proxy. Ends on Ctrl-C or SIGTERM, after the last
    answer.""",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=PORT,
    show_default=True,
    help="The port; 0 for a free one.",
)
@click.option("--behind-proxy", metavar="HOST", help="The host name of the proxy that asks who people are.")
def serve(host: str, port: int, behind_proxy: str | None) -> int:
    """Serve the book until the process is asked to end."""
    try:
        import uvicorn

        from cli.web.app import app_for
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("starlette", "uvicorn"):
            raise
        raise click.UsageError("serve needs starlette and uvicorn: pip install 'grantbook[web]'") from None

    _require_loopback(host, behind_proxy)
    options = settings()
    with options.open_to_read() as book:
        name = book.fund().name
    app = app_for(located(options.address()), _hosts(host, behind_proxy))
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=DRAIN,
    )
    listening = _listening(host, port)
    say(f"{safe(name)} at http://{_in_address(host)}:{listening.getsockname()[1]}/ until Ctrl-C")
    # uvicorn answers what has begun, restores the handler that was there, and raises the signal again.
    # Without a handler of ours, Python would end with a traceback.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    with collector_at_work():
        uvicorn.Server(config).run([listening])
    return 0


def _is_loopback(host: str) -> bool:
    """Return whether only this machine reaches the address. Raises ``BadParameter`` if it is none."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        raise click.BadParameter("write an address, such as 127.0.0.1", param_hint="--host") from None


def _hosts(host: str, behind_proxy: str | None) -> list[str]:
    """Return the names by which a request may call this program.

    On an address that other machines reach, it is the proxy's alone.
    """
    own = [*LOOPBACK, _in_address(host)] if _is_loopback(host) else []
    return [*own, *([behind_proxy] if behind_proxy else [])]


def _in_address(host: str) -> str:
    """Return the address as it is written in that of a page."""
    return f"[{host}]" if ":" in host else host


def _require_loopback(host: str, behind_proxy: str | None) -> None:
    """Raise ``UsageError`` if other machines could reach the pages and no proxy asks who they are."""
    if behind_proxy is not None and not _HOST.fullmatch(behind_proxy):
        raise click.BadParameter(
            "write a host name alone, in lower case, such as grants.example.org", param_hint="--behind-proxy"
        )
    if not _is_loopback(host) and behind_proxy is None:
        raise click.UsageError(
            f"--host {host} can be reached from other machines, and nobody is asked who they are: put a proxy"
            " with a login before it, and give its host name with --behind-proxy"
        )


def _listening(host: str, port: int) -> "socket":
    """Return the socket that listens. Raises ``UsageError`` if the address cannot be listened on."""
    import socket

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family, backlog=128)
        # Otherwise the second part of each answer waits up to 40 ms for the browser to confirm the first.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listening
    except OSError as error:
        raise click.UsageError(f"{host}:{port} cannot be listened on: {error.strerror}") from None
