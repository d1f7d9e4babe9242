"""Let a studio change a picture, and fetch what it made. Needs Python alone.

    facewright studio --no-browser &
    python client.py me.jpg --command convert --consent self --option with=ageing

A studio that was opened with --lan wants its token: STUDIO_TOKEN=... STUDIO=https://192.168.0.5:8420
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

STUDIO = os.environ.get("STUDIO", "http://127.0.0.1:8420")
TOKEN = os.environ.get("STUDIO_TOKEN", "")


def ask(path: str, body: bytes | None = None, kind: str = "") -> Any:
    """Open an address of the studio; with a body, send it."""
    headers = {"Content-Type": kind} if kind else {}
    if TOKEN:
        headers["Authorization"] = f"Bearer {TOKEN}"
    try:
        return urlopen(Request(STUDIO + path, body, headers))
    except HTTPError as error:
        said = json.load(error)["error"]
        sys.exit(f"{said['message']}\n{said['hint']}")


def begin(command: str, part: str, picture: Path, options: dict[str, Any]) -> dict[str, Any]:
    """Begin a job with one file."""
    border = uuid.uuid4().hex
    named = f'name="{part}"; filename="{picture.name}"'
    parts = [
        f'--{border}\r\nContent-Disposition: form-data; name="options"\r\n\r\n'.encode(),
        json.dumps(options).encode(),
        f"\r\n--{border}\r\nContent-Disposition: form-data; {named}\r\n\r\n".encode(),
        picture.read_bytes(),
        f"\r\n--{border}--\r\n".encode(),
    ]
    kind = f"multipart/form-data; boundary={border}"
    return json.load(ask(f"/api/v1/jobs/{quote(command)}", b"".join(parts), kind))


def follow(job: str) -> Iterator[dict[str, Any]]:
    """Yield the job whenever it changes, until it ends."""
    with ask(f"/api/v1/jobs/{job}/events") as events:
        for line in events:
            if line.startswith(b"data: "):
                yield json.loads(line[6:])


def read_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Let a studio change a picture.")
    parser.add_argument("picture", type=Path)
    parser.add_argument("--command", default="convert")
    parser.add_argument("--part", default="sources", help="the input, as /api/v1/commands names it")
    parser.add_argument("--consent", help="self, generated, or who agreed to what")
    parser.add_argument("--option", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--out", type=Path, default=Path("results"))
    return parser.parse_args()


def main() -> None:
    """Send a picture, wait, and fetch the results."""
    given = read_options()
    options = dict(one.split("=", 1) for one in given.option)
    if given.consent:
        options["consent"] = given.consent
    begun = begin(given.command, given.part, given.picture, options)
    job = begun
    for job in follow(begun["id"]):
        print(job["state"], job["progress"] or "", file=sys.stderr)
    if job["error"]:
        sys.exit(f"{job['error']['message']}\n{job['error']['hint']}")
    for result in job["results"]:
        path = given.out / result["name"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(ask(result["url"]).read())
        print(path)


if __name__ == "__main__":
    main()
