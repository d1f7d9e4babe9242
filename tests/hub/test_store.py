"""Weights are fetched once, checked always, and need no network after."""

import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch

from facewright.errors import DownloadError, WeightsError
from facewright.hub.bundle import save_bundle
from facewright.hub.cards import Entry
from facewright.hub.store import find_weights, load_weights
from facewright.types import Bundle, Card


@dataclass
class Site:
    """A web site of one file on this machine."""

    data: bytes
    cut: int | None = None
    ranges: bool = True
    hits: int = 0
    sent: int = 0
    url: str = ""
    name: str = "tiny.safetensors"
    stop: list = field(default_factory=list)

    def close(self) -> None:
        while self.stop:
            self.stop.pop()()


class Handler(BaseHTTPRequestHandler):
    def __init__(self, site: Site, *arguments: object) -> None:
        self.site = site
        super().__init__(*arguments)

    def do_GET(self) -> None:
        self.site.hits += 1
        if not self.path.endswith(("tiny.safetensors", self.site.name)):
            self.send_error(404)
            return
        wanted = self.headers.get("Range") if self.site.ranges else None
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        if start >= len(self.site.data):
            self.send_error(416)
            return
        data = self.site.data[start:]
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.site.sent += len(data[: self.site.cut])
        self.wfile.write(data[: self.site.cut])

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def card(tmp_path: Path) -> Card:
    bundle = Bundle(Card("tiny", "generator"), {"a": 1}, {"w": torch.arange(50_000.0)})
    return save_bundle(tmp_path / "made" / "tiny.safetensors", bundle)


@pytest.fixture
def site(tmp_path: Path, card: Card) -> Iterator[Site]:
    assert card.size
    site = Site((tmp_path / "made" / "tiny.safetensors").read_bytes())
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, site))
    site.url = f"http://127.0.0.1:{server.server_port}/tiny.safetensors"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    site.stop = [thread.join, server.server_close, server.shutdown]
    yield site
    site.close()


@pytest.fixture
def known(card: Card, site: Site) -> dict[str, Entry]:
    return {"tiny": Entry(card, url=site.url)}


def files(folder: Path) -> list[Path]:
    return [p for p in folder.rglob("*") if p.is_file() and p.name != ".lock"]


def part(cache: Path) -> Path:
    (found,) = cache.glob("*.part")
    return found


def test_weights_are_fetched_once(tmp_path: Path, site: Site, known: dict[str, Entry]) -> None:
    cache = tmp_path / "deep" / "cache"
    first = find_weights("tiny", cache=cache, known=known)
    assert find_weights("tiny", cache=cache, known=known) == first
    assert site.hits == 1
    assert files(cache) == [first]
    assert first.read_bytes() == site.data


def test_no_network_is_needed_after(tmp_path: Path, site: Site, known: dict[str, Entry]) -> None:
    find_weights("tiny", cache=tmp_path / "cache", known=known)
    site.close()
    bundle = load_weights("tiny", cache=tmp_path / "cache", known=known)
    assert bundle.card == known["tiny"].card
    assert torch.equal(bundle.tensors["w"], torch.arange(50_000.0))


def test_progress_rises_to_the_size(tmp_path: Path, known: dict[str, Entry]) -> None:
    told: list[tuple[int, int]] = []
    find_weights("tiny", cache=tmp_path / "c", known=known, progress=lambda *a: told.append(a))
    size = known["tiny"].card.size
    assert told == sorted(told)
    assert len(told) > 3
    assert told[-1] == (size, size)


def test_another_file_is_refused(tmp_path: Path, site: Site, known: dict[str, Entry]) -> None:
    site.data = site.data[:-1] + b"!"
    with pytest.raises(DownloadError, match="is not `tiny`") as caught:
        load_weights("tiny", cache=tmp_path / "cache", known=known)
    assert caught.value.hint
    assert files(tmp_path / "cache") == []


def test_a_connection_that_breaks_is_made_again(
    tmp_path: Path, site: Site, known: dict[str, Entry]
) -> None:
    site.cut = 70_000
    path = find_weights("tiny", cache=tmp_path / "cache", known=known)
    assert path.read_bytes() == site.data
    assert (site.hits, site.sent) == (3, len(site.data))


def test_a_server_without_ranges_that_breaks_off_is_an_error(
    tmp_path: Path, site: Site, known: dict[str, Entry]
) -> None:
    site.cut, site.ranges = 1000, False
    with pytest.raises(DownloadError, match="after 1000 of") as caught:
        find_weights("tiny", cache=tmp_path / "cache", known=known)
    assert "facewright models fetch tiny" in caught.value.hint
    site.cut = None
    path = find_weights("tiny", cache=tmp_path / "cache", known=known)
    assert path.read_bytes() == site.data
    assert files(tmp_path / "cache") == [path]


def test_an_interrupted_download_goes_on_where_it_ended(
    tmp_path: Path, site: Site, known: dict[str, Entry]
) -> None:
    def interrupt(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        find_weights("tiny", cache=tmp_path / "cache", known=known, progress=interrupt)
    begun = part(tmp_path / "cache").stat().st_size
    assert 0 < begun < len(site.data)
    site.sent = 0
    path = find_weights("tiny", cache=tmp_path / "cache", known=known)
    assert path.read_bytes() == site.data
    assert site.sent == len(site.data) - begun


def test_what_came_of_another_file_is_thrown_away(
    tmp_path: Path, site: Site, known: dict[str, Entry]
) -> None:
    site.cut, site.ranges = 1000, False
    with pytest.raises(DownloadError):
        find_weights("tiny", cache=tmp_path, known=known)
    part(tmp_path).write_bytes(b"?" * 1000)
    site.cut, site.ranges = None, True
    with pytest.raises(DownloadError, match="is not `tiny`"):
        find_weights("tiny", cache=tmp_path, known=known)
    assert find_weights("tiny", cache=tmp_path, known=known).read_bytes() == site.data


def test_a_mirror_comes_before_the_address_of_the_catalog(
    tmp_path: Path, site: Site, card: Card
) -> None:
    known = {"tiny": Entry(card, file="tiny.safetensors")}
    site.name = known["tiny"].stored_name
    assert site.name == f"tiny-{card.sha256[:12]}.safetensors"
    mirror = site.url.removesuffix("/tiny.safetensors")
    path = find_weights("tiny", cache=tmp_path / "cache", known=known, mirror=mirror + "/")
    assert path == tmp_path / "cache" / site.name
    assert path.read_bytes() == site.data


def test_a_file_that_is_not_there_is_an_error(
    tmp_path: Path, site: Site, known: dict[str, Entry]
) -> None:
    gone = {"tiny": replace(known["tiny"], url=site.url + ".gone")}
    with pytest.raises(DownloadError, match="404"):
        find_weights("tiny", cache=tmp_path / "cache", known=gone)


def test_offline_at_first_is_an_error(tmp_path: Path, site: Site, known: dict[str, Entry]) -> None:
    site.close()
    with pytest.raises(DownloadError, match="could not be fetched"):
        find_weights("tiny", cache=tmp_path / "cache", known=known)


def test_a_damaged_cache_is_mended(tmp_path: Path, site: Site, known: dict[str, Entry]) -> None:
    path = find_weights("tiny", cache=tmp_path / "cache", known=known)
    path.write_bytes(b"tampered")
    assert find_weights("tiny", cache=tmp_path / "cache", known=known) == path
    assert path.read_bytes() == site.data
    assert site.hits == 2


def test_a_cache_that_cannot_be_made_is_an_error(tmp_path: Path, known: dict[str, Entry]) -> None:
    (tmp_path / "cache").touch()
    with pytest.raises(DownloadError, match="could not be fetched"):
        find_weights("tiny", cache=tmp_path / "cache", known=known)


def test_only_the_web_is_fetched_from(tmp_path: Path, known: dict[str, Entry]) -> None:
    local = {"tiny": replace(known["tiny"], url=(tmp_path / "made/tiny.safetensors").as_uri())}
    with pytest.raises(DownloadError, match="cannot be fetched from file:"):
        find_weights("tiny", cache=tmp_path / "cache", known=local)


def test_a_path_needs_no_catalog(tmp_path: Path, card: Card) -> None:
    path = tmp_path / "made" / "tiny.safetensors"
    for given in (path, str(path)):
        assert find_weights(given, cache=tmp_path / "cache", known={}) == path
        assert load_weights(given, cache=tmp_path / "cache", known={}).card == card
    assert not (tmp_path / "cache").exists()


def test_unknown_names_list_the_known_ones(tmp_path: Path, card: Card) -> None:
    known = {"tiny": Entry(card, url="x"), "inner": Entry(card, url="x", hidden=True)}
    with pytest.raises(WeightsError, match="no weights called `tinny`") as caught:
        find_weights("tinny", cache=tmp_path, known=known)
    assert caught.value.hint.startswith("did you mean `tiny`? one of: tiny; or the path")
    assert "inner" not in caught.value.hint
    with pytest.raises(WeightsError, match="is a folder"):
        find_weights(tmp_path, cache=tmp_path, known=known)


def test_missing_starter_weights_are_an_error(tmp_path: Path, card: Card) -> None:
    known = {"tiny": Entry(card, file="none.safetensors", inside=True)}
    with pytest.raises(WeightsError, match="are missing") as caught:
        find_weights("tiny", cache=tmp_path, known=known)
    assert "install" in caught.value.hint


def test_weights_without_an_address_name_the_wheel_that_has_them(
    tmp_path: Path, card: Card
) -> None:
    known = {"tiny": Entry(card, file="none.safetensors")}
    with pytest.raises(WeightsError, match="not in this installation") as caught:
        find_weights("tiny", cache=tmp_path, known=known)
    assert "facewright-weights" in caught.value.hint
    assert known["tiny"].stored_name in caught.value.hint


def test_second_wheel_is_a_cache_that_ships(
    tmp_path: Path, card: Card, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = {"tiny": Entry(card, file="none.safetensors")}
    wheel = tmp_path / "site-packages" / "facewright_weights"
    wheel.mkdir(parents=True)
    shutil.copy(tmp_path / "made" / "tiny.safetensors", wheel / known["tiny"].stored_name)
    monkeypatch.syspath_prepend(wheel.parent)
    assert find_weights("tiny", cache=tmp_path, known=known) == wheel / known["tiny"].stored_name
    assert load_weights("tiny", cache=tmp_path, known=known).card == card
