"""Fetch files from the web, within limits on requests and as servers ask with Retry-After."""

from __future__ import annotations

import http.client
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import TypeAlias
from urllib import request
from urllib.error import HTTPError

from facewright.collect.sources.web.hosts import PublicOnly, find_host, quote_address
from facewright.errors import InputError

_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})  # what passes by itself
_UNCHANGED = 304
_SENSELESS = ("unknown url type", "no host given")
_TYPES = ("image/", "application/octet-stream", "binary/octet-stream")
_CHUNK = 1 << 16  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchPolicy:
    """Limits, delays and retries of requests."""

    agent: str = "Facewright"
    """User-Agent of every request."""
    parallel: int = 8
    """Concurrent requests, 1 or more."""
    per_host: int = 2
    """Concurrent requests to one host, 1 or more."""
    attempts: int = 4
    """Attempts at a request before it counts as refused, 1 or more."""
    first_wait: float = 1.0
    """Seconds before the second attempt; each later one waits twice as long."""
    patience: float = 120.0
    """The longest wait that a server may ask for with Retry-After, in seconds."""
    timeout: float = 30.0
    """Seconds without a single byte after which a server counts as gone."""
    longest: float = 300.0
    """Seconds that one file may take."""
    refresh: bool = False
    """Request again what was fetched before, on condition that it has changed."""
    private: bool = False
    """Whether addresses may lead to this machine or its network."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file, with its ETag and Last-Modified."""

    data: bytes
    etag: str = ""
    modified: str = ""


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The file has not changed since an earlier run (status 304)."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A failed request."""

    reason: str


Answer: TypeAlias = Fetched | Unchanged | Failed


class _WaitError(Exception):
    """A failure that may pass; asks to wait for so many seconds, where the server says so."""

    def __init__(self, reason: str, seconds: float = 0.0) -> None:
        super().__init__(reason)
        self.seconds = seconds


def fetch_all(
    addresses: Sequence[str],
    policy: FetchPolicy,
    *,
    max_bytes: int,
    known: Mapping[str, Mapping[str, str]],
) -> Iterator[tuple[str, Answer]]:
    """Fetch many files, several at once but few from one host.

    Args:
        addresses: URLs with http or https.
        policy: Limits, delays and retries.
        max_bytes: Largest size of a file in bytes; larger ones fail.
        known: Address → "etag" and "modified" of an earlier answer, for a conditional request.

    Yields:
        Each address with its answer, in order of arrival.

    Raises:
        InputError: The policy is invalid.
    """
    if min(policy.parallel, policy.per_host, policy.attempts) < 1:
        raise InputError("requests at once, per host, and attempts are 1 or more")
    waiting: dict[str, deque[str]] = {}
    for address in addresses:
        waiting.setdefault(find_host(address), deque()).append(address)
    stop, busy = threading.Event(), Counter[str]()
    running: dict[Future[Answer], str] = {}
    pool = ThreadPoolExecutor(policy.parallel)
    try:
        while waiting or running:
            for host in _pick_hosts(waiting, busy, policy, len(running)):
                address = waiting[host].popleft()
                about = known.get(address, {})
                future = pool.submit(fetch_one, address, policy, max_bytes, about, stop)
                running[future] = address
                busy[host] += 1
                if not waiting[host]:
                    del waiting[host]
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                address = running.pop(future)
                busy[find_host(address)] -= 1
                yield address, future.result()
    finally:
        stop.set()
        pool.shutdown(cancel_futures=True)


def fetch_one(
    address: str,
    policy: FetchPolicy,
    max_bytes: int,
    known: Mapping[str, str],
    stop: threading.Event,
) -> Answer:
    """Fetch one file, with retries after temporary failures.

    Args:
        address: URL with http or https.
        policy: Limits, delays and retries.
        max_bytes: Largest size of the file in bytes; a larger one fails.
        known: "etag" and "modified" of an earlier answer; empty for none.
        stop: Set to give up early.

    Returns:
        The file, or that it is unchanged, or the failure.
    """
    reason = "was not fetched"
    for attempt in range(policy.attempts):
        if stop.is_set():
            return Failed("was interrupted")
        try:
            return _ask(address, policy, max_bytes, known, stop)
        except _WaitError as error:
            reason = str(error)
            if error.seconds > policy.patience:
                return Failed(f"{reason}; the server asks to wait for {error.seconds:.0f} s")
            if attempt + 1 < policy.attempts:
                stop.wait(max(error.seconds, policy.first_wait * 2**attempt))
    return Failed(f"{reason} ({policy.attempts} attempts)")


def _ask(
    address: str,
    policy: FetchPolicy,
    max_bytes: int,
    known: Mapping[str, str],
    stop: threading.Event,
) -> Answer:
    """Make one request; raises _WaitError for a failure that may pass."""
    headers = {"User-Agent": policy.agent, "Accept": "image/*"}
    headers |= {"If-None-Match": known["etag"]} if known.get("etag") else {}
    headers |= {"If-Modified-Since": known["modified"]} if known.get("modified") else {}
    try:
        asked = request.Request(quote_address(address), headers=headers)  # noqa: S310  the web alone
        with _open_web(policy).open(asked, timeout=policy.timeout) as response:
            return _receive(response, policy, max_bytes, stop)
    except HTTPError as error:
        with error:
            return _classify(error)
    except (OSError, http.client.HTTPException, ValueError, OverflowError) as error:
        reason = str(getattr(error, "reason", error)) or type(error).__name__
        senseless = isinstance(error, (ValueError, OverflowError, http.client.InvalidURL))
        if senseless or reason.startswith(_SENSELESS):
            return Failed(f"is no address that can be fetched: {reason}")
        raise _WaitError(f"could not be fetched: {reason}") from error


def _receive(
    response: http.client.HTTPResponse, policy: FetchPolicy, max_bytes: int, stop: threading.Event
) -> Answer:
    """Read an answer, unless it is not wanted."""
    if problem := _find_problem(response, max_bytes):
        return Failed(problem)
    data = _read_body(response, policy, max_bytes, stop)
    if len(data) > max_bytes:
        return Failed(_say_limit(max_bytes))
    headers = response.headers
    return Fetched(data, headers.get("ETag", ""), headers.get("Last-Modified", ""))


def _classify(error: HTTPError) -> Answer:
    """Say what a status means, or raise _WaitError where it may pass."""
    if error.code == _UNCHANGED:
        return Unchanged()
    text = " ".join(str(error.reason or "").split())[:120]
    reason = f"could not be fetched: {error.code} {text}".rstrip()
    if error.code in _AGAIN:
        raise _WaitError(reason, _read_wait(error.headers))
    return Failed(reason)


def _find_problem(response: http.client.HTTPResponse, max_bytes: int) -> str:
    """Say by its headers why an answer is not wanted, or return an empty string."""
    kind = response.headers.get("Content-Type", "image/").strip().lower()
    if not kind.startswith(_TYPES):
        return f"is no picture but {kind.split(';')[0][:60]}"
    return _say_limit(max_bytes) if (_read_length(response) or 0) > max_bytes else ""


def _read_body(
    response: http.client.HTTPResponse, policy: FetchPolicy, max_bytes: int, stop: threading.Event
) -> bytes:
    """Read a file to its end, or to one byte beyond the limit."""
    end = time.monotonic() + policy.longest
    data = bytearray()
    while len(data) <= max_bytes and (chunk := response.read1(_CHUNK)):
        data += chunk
        if stop.is_set() or time.monotonic() > end:
            raise _WaitError(f"took longer than {policy.longest:g} s")
    wanted = _read_length(response)
    if wanted is not None and len(data) < min(wanted, max_bytes):
        raise _WaitError(f"broke off after {len(data)} of {wanted} bytes")
    return bytes(data[: max_bytes + 1])


def _read_length(response: http.client.HTTPResponse) -> int | None:
    """Return how many bytes an answer announces, or None."""
    text = response.headers.get("Content-Length", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None


def _read_wait(headers: Message) -> float:
    """Return the seconds of Retry-After, which is a number or a date; 0 where there is none."""
    text = headers.get("Retry-After", "") or ""
    if text.strip().isdecimal():
        return float(text)
    try:  # counted from the server's own clock
        until, now = (parsedate_to_datetime(t) for t in (text, headers.get("Date", "") or ""))
        return max((until - now).total_seconds(), 0.0)
    except (TypeError, ValueError, IndexError):
        return 0.0


def _open_web(policy: FetchPolicy) -> request.OpenerDirector:
    """Return what opens http and https and nothing else, not even when redirected."""
    opener = request.OpenerDirector()
    kinds = ("Proxy", "Unknown", "HTTPDefaultError", "HTTP", "HTTPS", "HTTPRedirect")
    for kind in kinds:
        opener.add_handler(getattr(request, f"{kind}Handler")())
    opener.add_handler(request.HTTPErrorProcessor())
    if not policy.private:
        opener.add_handler(PublicOnly())
    return opener


def _pick_hosts(
    waiting: Mapping[str, deque[str]], busy: Counter[str], policy: FetchPolicy, running: int
) -> list[str]:
    """Return the hosts that may be asked now, once per request."""
    free = policy.parallel - running
    picked: list[str] = []
    for host, queue in waiting.items():
        if len(picked) >= free:
            break
        picked += [host] * min(policy.per_host - busy[host], len(queue), free - len(picked))
    return picked


def _say_limit(max_bytes: int) -> str:
    """Say that a file is over the limit."""
    return f"is larger than {max_bytes / (1 << 20):g} MiB"
