"""The server answers without PyTorch: its memory stays small, and nothing waits for an import."""

import subprocess
import sys

SCRIPT = """
import io, json, sys
from pathlib import Path
from PIL import Image
from starlette.testclient import TestClient
from facewright.studio.app import build_app
from facewright.studio.settings import Settings


class Painter:
    def close(self): pass
    def list_options(self): return {}
    def list_devices(self): return ["cpu"]
    def render(self, choice): return b"RIFF"


settings = Settings(data=Path(sys.argv[1]), worker=False)
picture = io.BytesIO()
Image.new("RGB", (64, 64)).save(picture, "PNG")
with TestClient(build_app(settings, Painter()), base_url="http://127.0.0.1") as client:
    for address in ("/", "/app/js/main.js", "/api/v1/commands", "/api/v1/about"):
        assert client.get(address).status_code == 200, address
    assert client.get("/api/v1/faces/7.webp").content == b"RIFF"
    for command, part in (("find", "sources"), ("show", "file"), ("convert", "sources")):
        file = (part, ("me.png", picture.getvalue()))
        options = {} if command != "convert" else {"with": "ageing", "consent": "self"}
        sent = client.post(f"/api/v1/jobs/{command}", data={"options": json.dumps(options)},
                           files=[file])
        assert sent.status_code == 202, sent.text
    assert client.get("/api/v1/jobs").status_code == 200
print("torch" in sys.modules)
"""


def test_server_loads_no_pytorch(tmp_path):
    words = [sys.executable, "-W", "ignore", "-c", SCRIPT, str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1:] == ["False"], done.stdout + done.stderr
