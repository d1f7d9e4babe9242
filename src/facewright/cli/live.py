"""Show frames in a page on this machine."""

from __future__ import annotations

import contextlib
import errno
import hmac
import json
import os
import re
import secrets
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qs, urlsplit

from facewright.cli.page import Page
from facewright.errors import FacewrightError, InputError
from facewright.live.options import ShowOptions
from facewright.live.session import LiveSession

_HOST = "127.0.0.1"
_BEAT = 0.5  # seconds after which a page hears how things are even if there is no new frame
_FAREWELL = 1.5  # seconds for pages to hear that it is over
_NAME = re.compile(r"[0-9a-z]{1,32}")
_HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_POLICY = (
    "default-src 'none'; script-src 'nonce-{0}'; style-src 'nonce-{0}'; connect-src 'self'; "
    "img-src blob: data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@contextlib.contextmanager
def open_page(live: LiveSession, options: ShowOptions) -> Iterator[Page]:
    """Serve a page on this machine that shows a session.

    It is private: the server listens on 127.0.0.1 only, the address contains a secret, and requests
    from other pages in the same browser are refused.

    Args:
        live: The session.
        options: Port, and whether to open a browser.

    Yields:
        The page. At the end, it shows that the run is over, and why.

    Raises:
        InputError: The port is taken, or this account may not use it.
    """
    page = Page(live)
    server = _listen(page, options.port)
    thread = threading.Thread(target=server.serve_forever, args=(0.1,), name="page", daemon=True)
    thread.start()
    page.address = f"http://{_HOST}:{server.server_port}/{server.token}/"
    _announce(page.address, browse=options.open)
    try:
        yield page
    except FacewrightError as error:
        page.end(str(error))
        raise
    except BaseException as error:
        stopped = isinstance(error, KeyboardInterrupt | GeneratorExit)
        page.end("" if stopped else "Something failed; the terminal says what.")
        raise
    else:
        page.end("")
    finally:
        page.wait_for_farewells(_FAREWELL)
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    """Serves one page under its secret address."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = sys.platform != "win32"  # there, it would let others take the port too

    def __init__(self, page: Page, port: int) -> None:
        super().__init__((_HOST, port), _Handler)
        self.page, self.token = page, secrets.token_urlsafe(16)

    def server_bind(self) -> None:
        """Bind the port without looking up the name of this machine, as the parent does."""
        socket_address = self.server_address
        if self.allow_reuse_address:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(socket_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = _HOST, self.server_address[1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore errors of pages that were closed during a request."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """Handles requests of the page."""

    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60

    def do_GET(self) -> None:
        """Send the page, or a frame."""
        self._answer({"": self._send_page, "frame": self._send_frame})

    def do_POST(self) -> None:
        """Handle a button."""
        self.close_connection = True  # whatever else was sent with it is not read
        live = self.server.page.live
        actions: dict[str, Callable[[], None]] = {
            "snapshot": lambda: self._keep(live.take_snapshot),
            "record": lambda: self._keep(live.start_recording),
            "stop": lambda: self._keep(live.stop_recording),
            "end": lambda: self._note(self.server.page.wish_end),
            "leave": lambda: self._note(lambda: self.server.page.leave(self._name)),
        }
        self._answer(actions)

    def log_message(self, *_: Any) -> None:
        """Log nothing to the terminal."""

    def version_string(self) -> str:
        """Return the name of the server, without versions."""
        return "facewright"

    @property
    def _name(self) -> str:
        """Return the name that a page gives itself."""
        name = self._query.get("page", [""])[0]
        return name if _NAME.fullmatch(name) else "page"

    def _answer(self, actions: Mapping[str, Callable[[], None]]) -> None:
        """Handle a request if it has the secret and comes from the page itself."""
        parts = urlsplit(self.path)
        self._query = parse_qs(parts.query)
        token, slash, place = parts.path.removeprefix("/").partition("/")
        known = hmac.compare_digest(token.encode(), self.server.token.encode())
        if not self._is_own(page=not place):
            self._send(HTTPStatus.FORBIDDEN)
        elif known and slash and place in actions:
            actions[place]()
        else:
            self._send(HTTPStatus.NOT_FOUND)

    def _is_own(self, *, page: bool) -> bool:
        """Return whether a request comes from the page itself, not from another in the browser.

        The header Host shows foreign names that resolve to this machine (DNS rebinding).

        Args:
            page: Whether the request is for the page itself, which other sites may link to.
        """
        hosts = {f"{name}:{self.server.server_port}" for name in (_HOST, "localhost")}
        origin = self.headers.get("Origin")
        site = self.headers.get("Sec-Fetch-Site", "none")
        return (
            self.headers.get("Host") in hosts
            and (origin is None or origin.removeprefix("http://") in hosts)
            and (page or site in {"none", "same-origin"})
        )

    def _send_page(self) -> None:
        """Send the page, with a policy that allows only its own scripts."""
        nonce = secrets.token_urlsafe(16)
        text = files("facewright.cli").joinpath("live.html").read_text(encoding="utf-8")
        policy = {"Content-Security-Policy": _POLICY.format(nonce)}
        body = text.replace("NONCE", nonce).encode()
        self._send(HTTPStatus.OK, body, "text/html; charset=utf-8", policy)

    def _send_frame(self) -> None:
        """Send the next frame as soon as there is one, and the state in any case."""
        page, after = self.server.page, self._query.get("after", ["0"])[0]
        number = int(after) if re.fullmatch(r"[0-9]{1,12}", after) else 0
        view = page.wait(self._name, number, _BEAT)
        state = {"X-State": page.describe()}
        if view is None:
            self._send(HTTPStatus.NO_CONTENT, headers=state)
        else:
            state["X-Frame"] = str(view.number)
            self._send(HTTPStatus.OK, page.render(view), "image/jpeg", state)
        if json.loads(state["X-State"])["ended"] is not None:
            page.note_farewell(self._name)

    def _keep(self, keep: Callable[[], Any]) -> None:
        """Write a file, and send its name or the error."""
        try:
            said = {"path": str(keep() or "")}
        except FacewrightError as error:
            said = {"error": str(error), "hint": error.hint}
        except OSError as error:
            said = {"error": error.strerror or str(error), "hint": "name another folder with -o"}
        status = HTTPStatus.CONFLICT if "error" in said else HTTPStatus.OK
        self._send(status, json.dumps(said).encode(), "application/json")

    def _note(self, note: Callable[[], None]) -> None:
        """Call a function, and send an empty answer."""
        note()
        self._send(HTTPStatus.NO_CONTENT)

    def _send(
        self,
        status: HTTPStatus,
        body: bytes = b"",
        kind: str = "text/plain; charset=utf-8",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Send an answer."""
        self.send_response(status)
        for name, value in {**_HEADERS, **(headers or {})}.items():
            self.send_header(name, value)
        if status != HTTPStatus.NO_CONTENT:
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _listen(page: Page, port: int) -> _Server:
    """Bind a port of this machine."""
    try:
        return _Server(page, port)
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        reason = "is taken by another program" if taken else f"cannot be used: {error.strerror}"
        raise InputError(
            f"port {port} {reason}", hint="leave out --port to have a free one picked"
        ) from error


def _announce(address: str, *, browse: bool) -> None:
    """Print the address of the page, and open it if there is a desktop."""
    print(f"watch at {address} (only on this machine); Ctrl-C ends it", file=sys.stderr)
    shown = {"DISPLAY", "WAYLAND_DISPLAY", "BROWSER"} & set(os.environ)
    if browse and (shown or sys.platform in {"win32", "darwin"}):
        webbrowser.open(address)
