"""What every test may rely on."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

# Before torch is imported: one thread each, so that sums come out the same on every machine and
# parallel test processes do not fight over the cores.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["OMP_WAIT_POLICY"] = "passive"  # for the few tests and commands that use more threads

pytest_plugins = [
    "tests.examples",
    "tests.tiny",
    "tests.gan.fixtures",
    "tests.gan.training.progressive.fixtures",
]
# Keys to sign with are made at first use: not in the folder of whoever runs the tests.
os.environ["FACEWRIGHT_CONFIG"] = tempfile.mkdtemp(prefix="facewright-tests-")
atexit.register(shutil.rmtree, os.environ["FACEWRIGHT_CONFIG"], ignore_errors=True)

settings.register_profile("patient", deadline=None)  # a busy machine is not a failing test
if not os.environ.get("CI"):  # there, Hypothesis picks its own repeatable profile
    settings.load_profile("patient")


@pytest.fixture
def unmarked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves the watermark out, for tests that compare pixels of large pictures."""
    monkeypatch.setenv("FACEWRIGHT_WATERMARK", "off")


@pytest.fixture(scope="session")
def oracles() -> Path:
    """The folder of reference numbers; the test skips on a machine that does not have it."""
    beside = Path(__file__).parents[2] / "shared" / "oracles"
    folder = Path(os.environ.get("FACEWRIGHT_ORACLES", beside))
    if not folder.is_dir():
        pytest.skip("no reference numbers: set FACEWRIGHT_ORACLES to their folder")
    return folder
