"""ASGI middleware that checks hosts, origins, tokens, and the size and speed of requests."""

from __future__ import annotations

import asyncio
import hmac
import time
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, urlencode, urlsplit

from facewright.studio.errors import Refused, answer
from facewright.studio.settings import Settings

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

COOKIE = "facewright-token"
"""Name of the cookie that holds the token."""

_CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_POLICY = (
    "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; connect-src 'self'; "
    "worker-src 'self'; style-src 'self'; script-src 'self'; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = (
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(self), microphone=(self), geolocation=()"),
)
_YEAR = 365 * 24 * 3600


class Guard:
    """An ASGI application that passes permitted requests to another one."""

    def __init__(self, app: App, settings: Settings) -> None:
        """Wrap an application."""
        self._app, self._settings = app, settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        sending = _Sending(send)
        try:
            self._check_names(scope, headers)
            redirect = self._check_token(scope, headers)
            if redirect is not None:
                await self._remember(redirect, send)
                return
            await self._app(scope, self._count(scope, headers, receive), sending)
        except Refused as error:
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008, "reason": str(error)[:120]})
            elif not sending.begun:
                said = answer(error.status, str(error), error.hint, error.field)
                said.headers["Connection"] = "close"
                await said(scope, receive, sending)

    def _check_names(self, scope: Scope, headers: dict[bytes, str]) -> None:
        """Refuse requests for another host (DNS rebinding), and requests from other sites.

        Raises:
            Refused: 421 for another host, 403 for another site.
        """
        host = headers.get(b"host", "")
        if _strip_port(host) not in self._settings.hosts:
            hint = f"use one of these addresses: {', '.join(self._settings.hosts)}"
            raise Refused(421, "this studio is not reached under this name", hint=hint)
        changing = scope["type"] == "websocket" or scope["method"] in _CHANGING
        origin = headers.get(b"origin")
        site = headers.get(b"sec-fetch-site", "none")
        foreign = origin is not None and urlsplit(origin).netloc != host
        if changing and (foreign or site in ("cross-site", "same-site")):
            raise Refused(403, "another page asked for this", hint="open the studio itself")

    def _check_token(self, scope: Scope, headers: dict[bytes, str]) -> str | None:
        """Check the token in the query, the Authorization header or the cookie.

        Returns:
            The address to redirect to, if the token was in the query; else None.

        Raises:
            Refused: 401, the token is missing or wrong.
        """
        token = self._settings.token
        path = scope["path"]
        scope["client_name"] = (scope.get("client") or ("local", 0))[0]
        if token is None or path == "/manifest.webmanifest" or path.startswith("/icons/"):
            return None
        query = dict(parse_qsl(scope.get("query_string", b"").decode("latin-1")))
        if _is_same(query.get("token", ""), token) and scope["type"] == "http":
            rest = {name: value for name, value in query.items() if name != "token"}
            return path + (f"?{urlencode(rest)}" if rest else "")
        kind, _, given = headers.get(b"authorization", "").partition(" ")
        if kind.lower() == "bearer" and _is_same(given.strip(), token):
            return None
        if _is_same(_read_cookie(headers.get(b"cookie", "")), token):
            return None
        hint = "open the address that the terminal shows, or its QR code"
        raise Refused(401, "this studio asks for its token", hint=hint)

    async def _remember(self, target: str, send: Send) -> None:
        """Set the cookie, and redirect to the address without the token."""
        secure = "; Secure" if self._settings.secure else ""
        cookie = f"{COOKIE}={self._settings.token}; Path=/; HttpOnly; SameSite=Strict{secure}"
        target = "/" + target.lstrip("/\\")  # never another host
        headers = [
            (b"location", target.encode("latin-1", "replace")),
            (b"set-cookie", f"{cookie}; Max-Age={_YEAR}".encode()),
            (b"cache-control", b"no-store"),
            *_HEADERS,
        ]
        await send({"type": "http.response.start", "status": 303, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    def _count(self, scope: Scope, headers: dict[bytes, str], receive: Receive) -> Receive:
        """Wrap `receive` so that bodies that are too large (413) or too slow (408) raise Refused.

        Raises:
            Refused: 413, the Content-Length is too large.
        """
        limits = self._settings.limits
        too_large = Refused(
            413,
            f"more than {limits.upload_bytes >> 20} MiB are not taken",
            hint="make it smaller, or use the command line",
        )
        if scope["type"] != "http":
            return receive
        announced = headers.get(b"content-length", "0")
        if not announced.isdecimal() or int(announced) > limits.upload_bytes:
            raise too_large
        came, ended, start = 0, False, time.monotonic()

        async def count() -> Message:
            nonlocal came, ended
            if ended:
                return await receive()
            left = start + limits.upload_seconds + came / limits.slowest - time.monotonic()
            try:
                message = await asyncio.wait_for(receive(), max(left, 0))
            except TimeoutError:
                hint = "try again over a faster connection"
                raise Refused(408, "the upload took too long", hint=hint) from None
            came += len(message.get("body", b""))
            ended = not message.get("more_body", False)
            if came > limits.upload_bytes:
                raise too_large
            return message

        return count


class _Sending:
    """Wraps `send` to add security headers."""

    def __init__(self, send: Send) -> None:
        self._send, self.begun = send, False

    async def __call__(self, message: Message) -> None:
        """Send a message of a response."""
        if message["type"] == "http.response.start":
            self.begun = True
            present = {name.lower() for name, _ in message.get("headers", ())}
            added = [(name, value) for name, value in _HEADERS if name not in present]
            message["headers"] = [*message.get("headers", ()), *added]
        await self._send(message)


def _strip_port(host: str) -> str:
    """Return a Host header without the port, in lower case."""
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdecimal() else host).lower().rstrip(".")


def _is_same(given: str, token: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(given.encode(), token.encode())


def _read_cookie(header: str) -> str:
    """Return the token in a Cookie header; empty if there is none."""
    try:
        found = SimpleCookie(header).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""
