"""Serve the studio, on loopback or to the local network."""

from __future__ import annotations

import os
import secrets
import socket
import threading
import webbrowser
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from facewright.errors import InputError
from facewright.studio.processes.painter import Painter
from facewright.studio.settings import QUEUE_VARIABLE, Settings, find_data

_HERE = "127.0.0.1"
_LOCAL = (_HERE, "localhost", "[::1]")


@dataclass(frozen=True, kw_only=True)
class StudioOptions:
    """Where the studio is opened, and to whom."""

    port: int = 8420
    """The port; 0 picks a free one."""
    lan: bool = False
    """Open it to the local network, for a phone: prints an address with a token, and its QR
    code."""
    https: bool = False
    """Encrypt, with a certificate of its own; a phone needs that for its camera."""
    data: Path | None = None
    """Where jobs, uploads and results are kept; otherwise below the folder of the user's data."""
    browser: bool = True
    """Open a browser."""
    weights: str | None = None
    """The generator of the faces that are shown: a name that `facewright models list` shows, or a
    file."""


def open_studio(*, options: StudioOptions | None = None) -> list[Path]:
    """Open the studio in the browser: all commands as a web app, here or on a phone.

    It is reached from this machine alone, unless --lan opens it to the local network for those who
    know its token. Nothing leaves this machine. Jobs go on where they were when it is opened again.

    Args:
        options: Where, and to whom.

    Raises:
        InputError: The port is taken, or what the studio needs is not installed.

    Examples:
        facewright studio
        facewright studio --lan --https
        facewright studio --port 0 --no-browser --data work
    """
    options = options or StudioOptions()
    painter = Painter(options.weights)  # PyTorch is loaded beside all that follows
    try:
        return _serve(options, painter)
    finally:
        painter.close()


def _serve(options: StudioOptions, painter: Painter) -> list[Path]:
    """Serve until interrupted, with a painter that is starting."""
    try:
        import uvicorn

        from facewright.studio.app import build_app
    except ImportError as error:
        hint = "pip install 'facewright[studio]'"
        raise InputError("the studio is not installed", hint=hint) from error
    data = options.data or find_data()
    listening = _listen("0.0.0.0" if options.lan else _HERE, options.port)  # noqa: S104 - if asked
    port = listening.getsockname()[1]
    address = _find_address() if options.lan else _HERE
    token = secrets.token_urlsafe(24) if options.lan else None
    settings = Settings(
        data=data,
        hosts=(*_LOCAL, address) if options.lan else _LOCAL,
        token=token,
        secure=options.https,
        queue=os.environ.get(QUEUE_VARIABLE, ""),
        weights=options.weights,
    )
    scheme = "https" if options.https else "http"
    url = f"{scheme}://{address}:{port}/" + (f"?token={token}" if token else "")
    more = _configure(data, address, https=options.https)
    config = uvicorn.Config(build_app(settings, painter), **more)
    server = uvicorn.Server(config)
    _announce(url, settings)
    if options.browser:
        here = f"{scheme}://{_HERE}:{port}/" + (f"?token={token}" if token else "")
        threading.Timer(0.5, webbrowser.open, (here,)).start()
    with listening:
        server.run([listening])
    return []


def _configure(data: Path, address: str, *, https: bool) -> dict[str, Any]:
    """Return the options of `uvicorn.Config`."""
    said: dict[str, Any] = {
        "log_level": "warning",
        "access_log": False,
        "proxy_headers": False,
        "server_header": False,
        "timeout_keep_alive": 15,
        "timeout_graceful_shutdown": 3,
        "limit_concurrency": 512,
        "ws_max_size": 8 << 20,
        "ws_per_message_deflate": False,
    }
    if https:
        from facewright.studio.security.certificates import find_certificate

        certificate = find_certificate(data, (_HERE, "localhost", address))
        said |= {"ssl_certfile": certificate.chain, "ssl_keyfile": certificate.key}
    return said


def _listen(host: str, port: int) -> socket.socket:
    """Return a listening socket.

    Raises:
        InputError: The port is taken, or not permitted.
    """
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(128)  # who comes before all is loaded waits, and is not turned away
    except (OSError, OverflowError) as error:
        listening.close()
        raise InputError(
            f"port {port} cannot be used: {getattr(error, 'strerror', None) or error}",
            hint="--port 0 picks a free one",
        ) from error
    return listening


def _find_address() -> str:
    """Return the IPv4 address of this machine in the local network; no packet is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # reserved for documentation: RFC 5737
        except OSError:
            return _HERE
        return str(probe.getsockname()[0])


def _announce(url: str, settings: Settings) -> None:
    """Print the address; with a token, its QR code too."""
    print(f"Facewright Studio: {url}", flush=True)
    print("Ctrl-C ends it; jobs go on when it is opened again.", flush=True)
    if settings.token is None:
        return
    import segno

    segno.make(url, error="m").terminal(compact=True)
    print("Only who has this address can use it. Open it on a phone in the same network.")
    if settings.secure:
        print(
            "The phone has to trust this studio once: open "
            f"{url.split('?')[0]}trust?token={settings.token} on it, and follow the page."
        )
