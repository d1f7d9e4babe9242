"""The clients in examples/ against a studio that runs, as its guide shows them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.studio.running import Studio

EXAMPLES = Path(__file__).parents[2] / "examples/studio"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def studio(tmp_path_factory):
    with Studio(tmp_path_factory.mktemp("studio")) as opened:
        yield opened


@pytest.fixture(scope="module")
def me(studio, tmp_path_factory):
    path = tmp_path_factory.mktemp("me") / "me.webp"
    path.write_bytes(studio.get("/api/v1/faces/13.webp?size=256"))
    return path


@pytest.mark.parametrize(
    ("program", "client", "made"),
    [
        (sys.executable, "client.py", "results/me.webp"),
        ("bash", "client.sh", "results.zip"),
        ("node", "client.mjs", "me.webp"),
    ],
)
def test_client_brings_back_what_the_studio_made(studio, me, tmp_path, program, client, made):
    needs = [program, "jq", "curl"] if program == "bash" else [program]
    if not all(map(shutil.which, needs)):
        pytest.skip(f"there is no {' or '.join(needs)}")
    more = ["--consent", "generated", "--option", "with=ageing"] if client == "client.py" else []
    ran = subprocess.run(
        [program, EXAMPLES / client, me, *more],
        cwd=tmp_path,
        env=os.environ | {"STUDIO": studio.address},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert ran.returncode == 0, ran.stderr
    assert (tmp_path / made).stat().st_size > 5000
    assert made in ran.stdout


def test_refusal_is_said(studio, tmp_path):
    path = tmp_path / "me.png"
    path.write_bytes(b"<html>")
    ran = subprocess.run(
        [sys.executable, EXAMPLES / "client.py", path, "--consent", "self"],
        env=os.environ | {"STUDIO": studio.address},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ran.returncode == 1
    assert "is nothing that a command takes" in ran.stderr
