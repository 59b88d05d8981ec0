"""`holdfast serve`: the pages and the worker that imports for them, together, on one machine."""

from __future__ import annotations

import os
import socket
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from holdfast.cli import asked
from holdfast.cli.failure import CannotBeDone
from holdfast.cli.speech import Speech

if TYPE_CHECKING:
    from holdfast.warehouse.home import Home

PORTS_TRIED = 50
ANYWHERE = ("0.0.0.0", "::")  # noqa: S104 (compared with, not bound to)


def serve(
    host: Annotated[str, typer.Option(help="Where to listen; 127.0.0.1 is this machine only.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The next free one is taken when it is in use.")] = 8000,
    open_browser: Annotated[bool, typer.Option("--open", help="Open the address in a browser.")] = False,
    home: asked.HomeOption = None,
    json: asked.JsonOption = False,
    quiet: asked.QuietOption = False,
) -> None:
    """Serve the pages until stopped with Ctrl-C.

    Makes or upgrades the database first. The last line on stdout is the address, once it answers; as long as nobody
    has an account it is the one-time link that makes the first one.

    Example: holdfast serve --port 8080
    """
    from holdfast.cli.children import Children
    from holdfast.warehouse.home import Home

    speech, place = Speech(json, quiet), Home.find(home)
    if not place.exists:
        place.create()
        speech.note(f"made a home at {place.path}")
    os.environ |= {"HOLDFAST_HOME": str(place.path), "DJANGO_SETTINGS_MODULE": "holdfast.web.settings"}
    listening = listen(host, port)
    taken = listening.getsockname()[1]
    if port and taken != port:
        speech.note(f"port {port} is taken, so this is port {taken}")
    _allow(speech, host)
    address = f"http://{_in_address(_reachable(host))}:{taken}"
    children = Children(listening)
    with children, speech.progress("starting") as told:
        told("preparing the database", 0.2)
        link = children.prepare(address)
        told("starting the pages and the worker", 0.6)
        children.start()
        children.wait_until_it_answers(_reachable(host), taken)
    with children:
        _say(speech, place, address, link)
        if open_browser:
            import webbrowser

            webbrowser.open(link)
        children.watch()


def _say(speech: Speech, home: Home, address: str, link: str) -> None:
    welcome = link if "/welcome/" in link else None
    if speech.json:
        speech.answer(
            {"address": address, "welcome": welcome, "home": home.path, "process": os.getpid()}, lambda out: None
        )
    else:
        sys.stdout.write(f"Serving {home.path}; stop with Ctrl-C.\n")
        if welcome:
            sys.stdout.write("Nobody has an account yet; this address makes the first one, once:\n")
        sys.stdout.write(f"{link}\n")
    sys.stdout.flush()


def listen(host: str, port: int) -> socket.socket:
    """A listening socket on the port, or on the next free one; the pages inherit it."""
    last = min(port + PORTS_TRIED, 65535)
    for candidate in range(port, last + 1):
        try:
            family, kind, protocol, _, place = socket.getaddrinfo(host, candidate, type=socket.SOCK_STREAM)[0]
            found = socket.socket(family, kind, protocol)
        except OSError as problem:
            raise CannotBeDone(f"--host {host}: {problem.strerror or problem}; 127.0.0.1 is this machine") from problem
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind(place)
            found.listen(128)
            return found
        except PermissionError as problem:
            found.close()
            raise CannotBeDone(f"port {candidate} needs more rights; take one from 1024 up with --port") from problem
        except OSError as problem:
            found.close()
            if candidate == last:
                raise CannotBeDone(f"no port from {port} to {last} is free on {host}: {problem.strerror}") from problem
    raise CannotBeDone(f"no port from {port} on is free on {host}")


def _reachable(host: str) -> str:
    """An address of this machine under which a listener on `host` answers."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104


def _in_address(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _allow(speech: Speech, host: str) -> None:
    """The pages answer only to host names they know."""
    if host in ANYWHERE:
        if not os.environ.get("HOLDFAST_ALLOWED_HOSTS"):
            speech.note("other machines are refused until HOLDFAST_ALLOWED_HOSTS names this one, as they address it")
        return
    known = os.environ.get("HOLDFAST_ALLOWED_HOSTS", "")
    os.environ["HOLDFAST_ALLOWED_HOSTS"] = ",".join(filter(None, [known, _in_address(host)]))
