"""What the studio refuses, and that what is uploaded is never more than bytes."""

import asyncio
import io
import json
import struct
import time
import zipfile
import zlib

import pytest
from starlette.websockets import WebSocketDisconnect

from facewright.studio.security.guard import Guard
from facewright.studio.settings import Limits, Settings

EVIL = "http://evil.example"
TOKEN = "a-word-that-nobody-guesses"  # noqa: S105


def png(width, height):
    """Return a PNG that says that it is so large, and holds nearly nothing."""

    def chunk(kind, data):
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = (
        chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )
    return b"\x89PNG\r\n\x1a\n" + parts


def archive(**members):
    """Return a zip."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in members.items():
            target.writestr(name, data)
    return made.getvalue()


def send(studio, name, data, command="find", part="sources"):
    return studio.send(command, files=[(part, (name, data))])


def message(answer):
    return answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8420", "", "127.0.0.1.evil.example"]
)
def test_other_hosts_are_refused(studio, host):
    for path in ("/", "/api/v1/about", "/api/v1/faces/1.webp"):
        assert studio.client.get(path, headers={"Host": host}).status_code == 421


@pytest.mark.parametrize(
    "headers", [{"Origin": EVIL}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_other_pages_change_nothing(studio, photo, headers):
    job = send(studio, "me.png", photo).json()["id"]
    ask = studio.client.request
    for method, path in (("POST", "/jobs/doctor"), ("DELETE", f"/jobs/{job}")):
        assert ask(method, f"/api/v1{path}", headers=headers).status_code == 403
    assert ask("GET", f"/api/v1/jobs/{job}").status_code == 200


def test_other_pages_get_no_live_view(studio):
    with (
        pytest.raises(WebSocketDisconnect),
        studio.client.websocket_connect("/api/v1/live/swap", headers={"Origin": EVIL}),
    ):
        pass


def test_token_is_asked_for_and_goes_into_a_cookie(open_studio):
    client = open_studio(token=TOKEN).client
    for path in ("/", "/api/v1/jobs", "/app/js/main.js"):
        assert client.get(path).status_code == 401
    assert client.get("/api/v1/jobs?token=wrong").status_code == 401
    assert client.get("/api/v1/jobs", headers={"Authorization": f"Bearer {TOKEN}"}).is_success
    first = client.get(f"/?token={TOKEN}&x=1", follow_redirects=False)
    assert (first.status_code, first.headers["location"]) == (303, "/?x=1")
    assert "HttpOnly; SameSite=Strict" in first.headers["set-cookie"]
    assert client.get("/api/v1/jobs").is_success
    away = client.get(f"//evil.example/?token={TOKEN}", follow_redirects=False)
    assert not away.headers.get("location", "").startswith("//")


def test_every_answer_carries_the_headers_of_safety(studio):
    for path in ("/", "/app/js/main.js", "/api/v1/about", "/nothing"):
        headers = studio.client.get(path).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize(
    "name", ["../../../etc/passwd", "..%2f..%2fjobs.db", "/etc/passwd", "....//jobs.db", "a%00b"]
)
def test_results_lead_out_of_no_folder(studio, photo, name):
    job = send(studio, "me.png", photo).json()["id"]
    studio.do(job)
    for kind in ("results", "inputs"):
        found = studio.client.get(f"/api/v1/jobs/{job}/{kind}/{name}")
        assert found.status_code in (404, 409), found.text
        assert b"SQLite" not in found.content


@pytest.mark.parametrize("job", ["..", "../..", "/etc", "%2e%2e"])
def test_jobs_are_no_paths(studio, job):
    assert studio.client.get(f"/api/v1/jobs/{job}/results/jobs.db").status_code == 404
    given = json.dumps({"sources": {"job": job, "name": "passwd"}})
    assert studio.send("find", references=given).status_code == 404


def test_names_of_uploads_stay_in_their_folder(studio, photo):
    job = send(studio, "../../../evil.png", photo).json()
    assert job["inputs"][0]["file"] == "evil.png"
    inside = [path.name for path in studio.store.folder(job["id"]).rglob("*")]
    assert sorted(inside) == ["evil.png", "inputs"]


@pytest.mark.parametrize(
    ("option", "value"),
    [("weights", "/etc/passwd"), ("weights", "../x.pt"), ("weights", "https://evil.example/x")],
)
def test_options_name_no_files_of_the_server(studio, option, value):
    options = json.dumps({"seeds": "1", option: value})
    answer = studio.send("generate", options=options)
    assert answer.status_code == 422
    assert answer.json()["error"]["field"] == option


def test_results_are_written_nowhere_else(studio):
    for name in ("../x.png", "/tmp/x.png", ".."):  # noqa: S108 - is refused
        options = json.dumps({"rows": "1", "columns": "2", "out": name})
        assert studio.send("mix", options=options).status_code == 422


def test_pictures_too_large_once_unpacked_are_refused(studio):
    answer = send(studio, "bomb.png", png(50_000, 50_000))
    assert answer.status_code == 422
    assert "too large" in message(answer)
    assert "50,000,000 in all are the most" in message(send(studio, "big.png", png(9000, 9000)))


def test_archives_too_large_once_unpacked_are_refused(limited):
    from facewright.jobs.interface.limits import MediaLimits

    studio = limited(media=MediaLimits(unpacked_bytes=1 << 20, members=10))
    bomb = send(studio, "bomb.zip", archive(a=b"\0" * (2 << 20)))
    many = send(studio, "many.zip", archive(**{str(n): b"" for n in range(20)}))
    assert "are the most" in message(bomb)
    assert "are the most" in message(many)


@pytest.mark.parametrize(
    ("tail", "what"),
    [
        (b"<script>alert(1)</script>", "a web page"),
        (b"%PDF-1.7", "a document"),
        (None, "an archive"),
    ],
)
def test_pictures_that_are_something_else_as_well_are_refused(studio, photo, tail, what):
    tail = archive(a=b"x") if tail is None else tail
    at = photo.index(b"IEND") - 4
    text = (
        struct.pack(">I", len(tail))
        + b"tEXt"
        + tail
        + struct.pack(">I", zlib.crc32(b"tEXt" + tail))
    )
    data = photo + tail if what == "an archive" else photo[:33] + text + photo[33:at] + photo[at:]
    answer = send(studio, "two.png", data)
    assert answer.status_code == 422
    assert what in message(answer)


@pytest.mark.parametrize(
    ("name", "data"),
    [("page.png", b"<html><script>alert(1)</script>"), ("empty.png", b""), ("run.exe", b"MZ\x90")],
)
def test_files_that_are_no_pictures_are_refused(studio, name, data):
    assert send(studio, name, data).status_code == 422
    assert not any((studio.data / "jobs").iterdir())


def test_page_among_uploads_is_sent_as_bytes(studio):
    sent = studio.send(
        "collect",
        files=[("sources", ("album.html", b"<script>alert(1)</script>"))],
        options=json.dumps({"licence": "CC0-1.0"}),
    ).json()
    answer = studio.client.get(sent["inputs"][0]["url"])
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["content-security-policy"].startswith("sandbox")


def test_bodies_that_say_that_they_are_too_large_are_refused_unread(limited):
    studio = limited(upload_bytes=1 << 20)
    headers = {"Content-Length": str(4 << 30), "Content-Type": "multipart/form-data; boundary=x"}
    answer = studio.client.post("/api/v1/jobs/find", content=b"", headers=headers)
    assert answer.status_code == 413


def test_bodies_that_turn_out_too_large_are_refused(limited):
    studio = limited(upload_bytes=1 << 16)

    def parts():
        yield b'--x\r\nContent-Disposition: form-data; name="sources"; filename="a.png"\r\n\r\n'
        for _ in range(10):
            yield b"\0" * (1 << 14)

    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = studio.client.post("/api/v1/jobs/find", content=parts(), headers=headers)
    assert answer.status_code == 413


def test_uploads_that_trickle_are_ended(tmp_path):
    """One byte now and then holds no connection for ever."""
    limits = Limits(upload_seconds=0.05, slowest=1 << 20)
    sent = []

    async def app(_, receive, __):
        while (await receive()).get("more_body"):
            pass

    async def trickle():
        await asyncio.sleep(0.02)
        return {"type": "http.request", "body": b".", "more_body": True}

    async def keep(part):
        sent.append(part)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/v1/jobs/find",
        "headers": [(b"host", b"localhost")],
    }
    begin = time.monotonic()
    asyncio.run(Guard(app, Settings(data=tmp_path, limits=limits))(scope, trickle, keep))
    assert sent[0]["status"] == 408
    assert time.monotonic() - begin < 1


def test_one_client_has_so_many_jobs_waiting(limited, photo):
    studio = limited(jobs=2)
    states = [send(studio, "me.png", photo).status_code for _ in range(3)]
    assert states == [202, 202, 429]


def test_full_disk_is_said(limited, photo):
    studio = limited(disk_bytes=10)
    assert [send(studio, "me.png", photo).status_code for _ in range(2)] == [202, 507]
    assert send(limited(spare_bytes=1 << 60), "me.png", photo).status_code == 507


def test_too_many_files_are_refused(limited, photo):
    studio = limited(files=3)
    files = [("sources", (f"{n}.png", photo)) for n in range(5)]
    assert studio.send("find", files=files).status_code == 400


def test_uploads_are_deleted_after_a_day_unless_kept(studio, photo):
    jobs = [send(studio, "me.png", photo).json()["id"] for _ in range(3)]
    for job in jobs[:2]:
        studio.do(job)
    studio.client.patch(f"/api/v1/jobs/{jobs[1]}", json={"kept": True})
    assert studio.store.delete_uploads(time.time() - 3600) == 0
    assert studio.store.delete_uploads(time.time() + 1) == 1
    there = [(studio.store.folder(job) / "inputs").is_dir() for job in jobs]
    assert there == [False, True, True]  # the third still waits for its uploads
    view = studio.client.get(f"/api/v1/jobs/{jobs[0]}").json()
    assert view["expires"] is None
    assert view["inputs"][0]["url"] is None


def test_deleted_job_leaves_nothing(studio, photo):
    job = send(studio, "me.png", photo).json()["id"]
    studio.do(job)
    assert studio.client.delete(f"/api/v1/jobs/{job}").status_code == 204
    assert not studio.store.folder(job).exists()
    assert studio.client.get(f"/api/v1/jobs/{job}").status_code == 404


def test_somebody_real_is_changed_only_with_consent(studio, photo):
    answer = send(studio, "me.png", photo, command="enhance")
    assert answer.status_code == 422
    assert answer.json()["error"]["field"] == "consent"
    options = json.dumps({"consent": "self"})
    sent = studio.send("enhance", files=[("sources", ("me.png", photo))], options=options)
    assert sent.status_code == 202
