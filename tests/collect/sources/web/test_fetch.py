"""The web is asked politely, and whatever it answers is survived. Only this machine is asked."""

import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from facewright.collect.library.folder import read_records
from facewright.collect.sources.items import Limits
from facewright.collect.sources.web.fetch import (
    Failed,
    Fetched,
    FetchPolicy,
    Unchanged,
    fetch_all,
    fetch_one,
)

ETAG = '"v1"'


class Web(ThreadingHTTPServer):
    """A server that counts what it is asked."""

    daemon_threads = True

    def __init__(self, data):
        super().__init__(("127.0.0.1", 0), Handler)
        self.data = data
        self.asked, self.headers, self.busy, self.most = Counter(), [], 0, 0
        self.lock = threading.Lock()
        self.url = f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    """Answers by the first word of the path."""

    def log_message(self, *_):
        pass

    def date_time_string(self, _timestamp=None):
        return "Sun, 01 Mar 2026 10:00:00 GMT"

    def do_GET(self):
        self.present = True
        with self.server.lock:
            self.server.asked[self.path] += 1
            self.server.headers.append(dict(self.headers))
            self.server.busy += 1
            self.server.most = max(self.server.most, self.server.busy)
        try:
            word = self.path.strip("/").split("/")[0].partition(".")[0]
            getattr(self, f"answer_{word}")()
        except (BrokenPipeError, ConnectionResetError):
            pass
        finally:
            self.leave()

    def leave(self):
        """Count a request as done: before its last byte, as then the next may come at once."""
        with self.server.lock:
            self.server.busy, self.present = self.server.busy - self.present, False

    def reply(self, status=200, data=b"", length=None, **headers):
        self.send_response(status)
        headers = {"Content_Type": "image/png", **headers}
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(data) if length is None else length))
        self.end_headers()
        self.leave()
        self.wfile.write(data)

    @property
    def again(self):
        return self.server.asked[self.path] > 1

    def answer_fine(self):
        number = int(self.path.rpartition("/")[2].partition(".")[0])
        if self.headers.get("If-None-Match") == ETAG:
            self.reply(304)
        else:
            self.reply(data=self.server.data(number), ETag=ETAG)

    def answer_busy(self):
        if self.again:
            self.reply(data=self.server.data(0))
        else:
            self.reply(503, Retry_After="0.05" if "bad" in self.path else "0")

    def answer_later(self):
        self.reply(429, Retry_After="Sun, 01 Mar 2026 12:00:00 GMT")

    def answer_broken(self):
        self.reply(500)

    def answer_page(self):
        self.reply(data=b"<html>", Content_Type="text/html; charset=utf-8")

    def answer_announced(self):
        self.reply(data=b"", length=1 << 40)

    def answer_endless(self):
        self.send_response(200)
        self.end_headers()
        for _ in range(200):
            self.wfile.write(b"\x89PNG\r\n\x1a\n" + bytes(1 << 16))

    def answer_dropped(self):
        data = self.server.data(1)
        self.reply(data=data if self.again else data[:100], length=len(data))

    def answer_silent(self):
        time.sleep(0.6)

    def answer_drip(self):
        self.send_response(200)
        self.end_headers()
        for _ in range(40):
            self.wfile.write(b"x")
            self.wfile.flush()
            time.sleep(0.02)

    def answer_moved(self):
        self.reply(302, Location="/fine/7.png")

    def answer_tofile(self):
        self.reply(302, Location="file:///etc/passwd")

    def answer_toftp(self):
        self.reply(302, Location="ftp://127.0.0.1/x.png")

    def answer_round(self):
        self.reply(302, Location=self.path)

    def answer_missing(self):
        self.reply(404)


@pytest.fixture
def web(picture, monkeypatch):
    """A server on this machine, in a thread."""
    monkeypatch.setenv("no_proxy", "*")
    with Web(picture) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def ask(address, known=None, max_bytes=1 << 20, **policy):
    polite = FetchPolicy(
        **{"first_wait": 0.01, "timeout": 5, "attempts": 3, "private": True, **policy}
    )
    return fetch_one(address, polite, max_bytes, known or {}, threading.Event())


def test_file_comes_with_its_etag_and_is_asked_for_by_name(web, picture):
    answer = ask(f"{web.url}/fine/3.png", agent="Facewright/1 (me@example.org)")
    assert answer == Fetched(picture(3), ETAG, "")
    assert web.headers[0]["User-Agent"] == "Facewright/1 (me@example.org)"


def test_unchanged_file_does_not_come_again(web):
    assert ask(f"{web.url}/fine/3.png", {"etag": ETAG}) == Unchanged()
    assert (
        ask(f"{web.url}/fine/3.png", {"modified": "Sun, 01 Mar 2026 10:00:00 GMT"}) != Unchanged()
    )
    assert "If-Modified-Since" in web.headers[1]


@pytest.mark.parametrize("path", ["/busy", "/dropped.png"])
def test_failure_that_passes_is_asked_again(web, path):
    assert isinstance(ask(web.url + path), Fetched)
    assert web.asked[path] == 2


@pytest.mark.parametrize(
    ("path", "reason", "attempts"),
    [
        ("/missing.png", "could not be fetched: 404 Not Found", 1),
        ("/broken", "could not be fetched: 500 Internal Server Error (3 attempts)", 3),
        ("/page", "is no picture but text/html", 1),
        ("/announced", "is larger than 1 MiB", 1),
        ("/endless", "is larger than 1 MiB", 1),
    ],
)
def test_what_is_not_wanted_is_refused_with_its_reason(web, path, reason, attempts):
    assert ask(web.url + path) == Failed(reason)
    assert web.asked[path] == attempts


def test_server_that_asks_for_too_much_patience_is_left_alone(web):
    answer = ask(f"{web.url}/later", patience=60)
    assert "429" in answer.reason
    assert answer.reason.endswith("the server asks to wait for 7200 s")
    assert web.asked["/later"] == 1


def test_slow_servers_are_given_up(web):
    assert "timed out" in ask(f"{web.url}/silent", timeout=0.1, attempts=1).reason
    assert "took longer than 0.1 s" in ask(f"{web.url}/drip", longest=0.1, attempts=1).reason


def test_redirections_stay_on_the_web(web, picture):
    assert ask(f"{web.url}/moved") == Fetched(picture(7), ETAG, "")
    assert "not allowed" in ask(f"{web.url}/tofile").reason
    assert "unknown url type: ftp" in ask(f"{web.url}/toftp").reason
    assert "infinite loop" in ask(f"{web.url}/round").reason


PRIVATE = "is no address that can be fetched: leads into your own network; --allow-private lets it"


def test_lists_and_pages_do_not_lead_into_ones_own_network(web, gather, tmp_path):
    polite = FetchPolicy(first_wait=0.01, timeout=5)
    listed, page = tmp_path / "list.txt", tmp_path / "album.html"
    listed.write_text(f"{web.url}/fine/1.png\nhttp://localhost:{web.server_port}/fine/2.png")
    page.write_text(f'<img src="{web.url}/fine/3.png"><img src="http://0x7f.1:1/x.png">')
    found = gather(listed, page, policy=polite)
    assert (found.added, [one.reason for one in found.refused]) == (0, [PRIVATE] * 4)
    assert not web.asked
    assert gather(f"{web.url}/fine/4.png", policy=polite).added == 1  # named by the user
    assert gather(listed).added == 2


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:99999999999999999999/",
        "file:///etc/passwd",
        "http://[::1",
        "http://127.0.0.1:port/",
        "http://\0/x",
        "http:///x.png",
    ],
)
def test_senseless_addresses_are_refused(address):
    answer = ask(address)
    assert isinstance(answer, Failed)
    assert "attempts" not in answer.reason


def test_host_that_is_not_there_is_refused_after_some_attempts():
    assert ask("http://127.0.0.1:9/x.png").reason.endswith("(3 attempts)")


def test_few_requests_at_once_go_to_one_host(web):
    addresses = [f"{web.url}/fine/{number}.png" for number in range(12)]
    polite = FetchPolicy(parallel=6, per_host=2, private=True)
    answers = dict(fetch_all(addresses, polite, max_bytes=1 << 20, known={}))
    assert answers.keys() == set(addresses)
    assert all(isinstance(answer, Fetched) for answer in answers.values())
    assert 1 <= web.most <= 2


def test_those_who_stop_listening_stop_the_requests(web):
    addresses = [f"{web.url}/fine/{number}.png" for number in range(50)]
    asking = fetch_all(
        addresses, FetchPolicy(parallel=2, private=True), max_bytes=1 << 20, known={}
    )
    next(asking)
    asking.close()
    assert sum(web.asked.values()) < 10


def test_list_of_addresses_fills_a_library_and_goes_on(web, gather, tmp_path):
    path = tmp_path / "list.txt"
    good = [f"{web.url}/fine/{number}.png" for number in range(4)]
    path.write_text("\n".join(["# mine", *good, good[0], f"{web.url}/missing", "ftp://x/y.png"]))
    found = gather(path)
    assert (found.added, len(found.refused)) == (4, 2)
    records = read_records(tmp_path / "library")
    assert sorted(record.source for record in records) == sorted(good)
    web.asked.clear()
    assert gather(path).known == 4
    assert web.asked == {"/missing": 1}
    again = gather(path, policy=FetchPolicy(refresh=True, private=True))
    assert (again.known, again.added) == (4, 0)
    assert [h.get("If-None-Match") for h in web.headers].count(ETAG) == 4


def test_table_of_addresses_says_licence_consent_and_labels(web, gather, tmp_path):
    path = tmp_path / "list.csv"
    path.write_text(
        "url,licence,consent,age,gender\n"
        f"{web.url}/fine/1.png,CC-BY-4.0,signed 2026-02-01,34,female\n"
        f"{web.url}/fine/2.png,,,,\n"
    )
    assert gather(path).added == 2
    first, second = sorted(read_records(tmp_path / "library"), key=lambda record: record.source)
    assert (first.licence, first.consent) == ("CC-BY-4.0", "signed 2026-02-01")
    assert first.labels == {"age": "30-39", "years": "34", "gender": "Female"}
    assert (second.licence, second.consent, second.labels) == ("CC0-1.0", "", {})


def test_album_page_and_single_address_are_fetched(web, gather, tmp_path):
    page = tmp_path / "album.html"
    page.write_text(f'<a href="{web.url}/fine/1.png"><img src="thumb.png"></a>')
    found = gather(page, f"{web.url}/fine/2.png")
    assert (found.added, found.refused) == (2, [])


def test_file_larger_than_the_limit_is_refused_by_address(web, gather):
    found = gather(f"{web.url}/endless", limits=Limits(max_bytes=1 << 19))
    assert [one.reason for one in found.refused] == ["is larger than 0.5 MiB"]
