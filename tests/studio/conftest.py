"""A studio without a worker process: jobs are done when a test says so."""

import numpy as np
import pytest
from starlette.testclient import TestClient

from facewright.provenance.publish import publish_image
from facewright.studio.app import build_app
from facewright.studio.processes.worker import do
from facewright.studio.settings import Limits, Settings
from facewright.studio.store import Store
from facewright.types import Manifest

HERE = "http://127.0.0.1:8420"


class Studio:
    """A studio, and a client of it."""

    def __init__(self, client, data):
        self.client, self.data, self.store = client, data, Store(data)

    def send(self, command, *, files=(), **parts):
        return self.client.post(f"/api/v1/jobs/{command}", data=parts, files=list(files))

    def do(self, job):
        """Do a job here and now, and return what became of it."""
        do(self.store, job)
        return self.client.get(f"/api/v1/jobs/{job}").json()


@pytest.fixture
def open_studio(tmp_path, weights):
    """Open a studio with some settings."""
    opened = []

    def make(**settings):
        data = tmp_path / f"studio{len(opened)}"
        chosen = Settings(data=data, worker=False, weights=weights, **settings)
        client = TestClient(build_app(chosen), base_url=HERE, raise_server_exceptions=False)
        client.__enter__()
        studio = Studio(client, data)
        opened.append(studio)
        return studio

    yield make
    for studio in opened:
        studio.store.close()
        studio.client.__exit__(None, None, None)


@pytest.fixture
def studio(open_studio):
    """A studio on this machine."""
    return open_studio()


@pytest.fixture
def limited(open_studio):
    """A studio that takes little."""
    return lambda **limits: open_studio(limits=Limits(**limits))


@pytest.fixture(scope="session")
def photo(tmp_path_factory):
    """The bytes of a picture of somebody real, as far as anybody can tell."""
    image = np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    path = tmp_path_factory.mktemp("photo") / "me.png"
    return publish_image(image, path, Manifest("test", {})).read_bytes()
