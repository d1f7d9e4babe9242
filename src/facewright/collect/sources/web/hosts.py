"""Distinguish public hosts from those of the local network."""

from __future__ import annotations

import ipaddress
import socket
from urllib import request
from urllib.parse import quote, urlsplit

_PLAIN = "%/:=&?~#+!$,;'@()*[]"  # what stays in an address as it is


class PublicOnly(request.BaseHandler):
    """Handler that refuses requests to the local network, also after a redirection."""

    def http_request(self, asked: request.Request) -> request.Request:
        """Return the request; raises ValueError for one that goes to one's own network."""
        if is_private(asked.full_url):
            raise ValueError("leads into your own network; --allow-private lets it")
        return asked

    https_request = http_request


def is_private(address: str) -> bool:
    """Return whether an address leads to this machine or its network.

    Args:
        address: URL with http or https; its host is resolved.

    Returns:
        Whether any IP address of the host is not public; False for a host that cannot be resolved.

    >>> is_private("http://127.0.0.1:8080/x.png"), is_private("http://[::ffff:10.0.0.1]/")
    (True, True)
    """
    try:
        host = urlsplit(address).hostname or ""
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, ValueError, OverflowError):
        return False  # asking for it will tell
    return any(not _is_public(str(entry[4][0])) for entry in found)


def find_host(address: str) -> str:
    """Return the host of an address with its port, in lower case; empty for an invalid address.

    >>> find_host("http://me@Example.org:80/x.png")
    'example.org:80'
    """
    try:
        return urlsplit(address).netloc.rpartition("@")[2].lower()
    except ValueError:
        return ""


def quote_address(address: str) -> str:
    """Return an address in ASCII; raises ValueError for an invalid one.

    >>> quote_address("https://bücher.example/ä.png")
    'https://xn--bcher-kva.example/%C3%A4.png'
    """
    parts = urlsplit(address)
    host = parts.netloc if parts.netloc.isascii() else parts.netloc.encode("idna").decode()
    return quote(parts._replace(netloc=host).geturl(), safe=_PLAIN)


def _is_public(text: str) -> bool:
    """Return whether a number is an address of the web."""
    number = ipaddress.ip_address(text.partition("%")[0])
    return (getattr(number, "ipv4_mapped", None) or number).is_global
