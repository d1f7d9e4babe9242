"""Weights that are not free for every use are fetched only by who accepts their licence."""

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from facewright.errors import WeightsError
from facewright.hub.bundle import file_sha256
from facewright.hub.cards import Entry, known_cards
from facewright.hub.store import find_weights, load_weights
from facewright.types import Card


class Silent(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def known(tmp_path):
    """A catalog of one set of weights on a server of this machine."""
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "net.pt").write_bytes(b"numbers of another project")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=folder))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    card = Card("net", "generator", "NC-1.0", sha256=file_sha256(folder / "net.pt"), size=26)
    url = f"http://127.0.0.1:{server.server_port}/net.pt"
    yield {"net": Entry(card, url=url, layout="rosinality", terms="https://example.org/licence")}
    server.shutdown()
    server.server_close()
    thread.join()


def test_licence_has_to_be_accepted_once(known, tmp_path):
    cache = tmp_path / "cache"
    with pytest.raises(WeightsError, match="NC-1.0: https://example.org/licence") as caught:
        find_weights("net", cache=cache, known=known)
    assert caught.value.hint.endswith("`facewright models fetch net --accept-licence`")
    assert not cache.exists()
    path = find_weights("net", cache=cache, known=known, accepted=True)
    assert path.read_bytes() == b"numbers of another project"
    assert find_weights("net", cache=cache, known=known) == path  # there: nothing to accept


def test_weights_of_another_project_say_how_to_use_them(known, tmp_path):
    with pytest.raises(WeightsError, match="have to be imported") as caught:
        load_weights("net", cache=tmp_path, known=known)
    assert "models import net -o net.safetensors" in caught.value.hint


def test_catalog_asks_for_every_licence_that_is_not_free():
    for entry in known_cards().values():
        restricted = "non-commercial" in entry.card.licence.lower()
        assert bool(entry.terms) == restricted, entry.card.name
