"""The web is not one's own network, whatever an address looks like. Nobody is asked."""

import io
from email.message import Message
from urllib import request
from urllib.response import addinfourl

import pytest

from facewright.collect.sources.web.hosts import PublicOnly, is_private


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "10.1.2.3", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.9"),
        *("[::1]", "[fd00::1]", "[fe80::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1"),
    ],
)
def test_addresses_of_ones_own_network_are_told(host):
    assert is_private(f"http://me@{host}:8080/x.png")


@pytest.mark.parametrize("host", ["8.8.8.8", "[2001:4860:4860::8888]", "[", "", "x:1:2"])
def test_others_are_not_and_nonsense_is_left_to_whoever_asks(host):
    assert not is_private(f"http://{host}/x.png")


class Elsewhere(request.BaseHandler):
    """A host of the web that redirects."""

    def __init__(self, target):
        self.target = target

    def http_open(self, asked):
        headers = Message()
        headers["Location"] = self.target
        answer = addinfourl(io.BytesIO(), headers, asked.full_url, 302)
        answer.msg = "Found"
        return answer


@pytest.mark.parametrize(
    "target", ["http://10.0.0.1/", "https://[::1]/x", "http://169.254.169.254/latest"]
)
def test_hosts_of_the_web_do_not_redirect_into_ones_own_network(target):
    opener = request.OpenerDirector()
    for handler in (
        PublicOnly(),
        Elsewhere(target),
        request.HTTPErrorProcessor(),
        request.HTTPRedirectHandler(),
    ):
        opener.add_handler(handler)
    with pytest.raises(ValueError, match="leads into your own network"):
        opener.open("http://8.8.8.8/x.png")
