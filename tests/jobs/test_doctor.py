"""What is said about a machine."""

import os
import platform
import re
import subprocess
import sys

import pytest

from facewright.jobs.commands.doctor.examine import examine
from facewright.jobs.commands.doctor.machine import explain_idle_gpu, list_extras
from facewright.jobs.commands.doctor.speed import measure_passively
from facewright.jobs.options import Runtime


def test_facts_name_versions_device_and_precision(weights, monkeypatch, tmp_path):
    monkeypatch.setenv("FACEWRIGHT_WEIGHTS", weights)
    monkeypatch.setenv("FACEWRIGHT_CACHE", str(tmp_path))
    found = examine(runtime=Runtime(device="cpu"))
    assert {"facewright", "python", "torch", "numpy", "av", "FFmpeg"} <= found.facts.keys()
    assert found.facts["device"].startswith("cpu")
    assert found.facts["precision"].partition(":")[0] in {"float32", "bfloat16"}
    assert found.facts["default weights"] == weights
    kept = found.facts["freed memory"].startswith("kept")
    assert kept == (platform.libc_ver()[0] == "glibc")
    assert found.images_per_second > 0
    assert all(problem.fix for problem in found.problems)


def test_extras_name_the_packages_that_are_missing():
    told = list_extras(
        [
            "torch>=2.6",
            'safetensors[all]>=0.5; extra == "scale"',
            "no-such-thing>=1; python_version > '3' and extra == 'studio'",
            'nothing-either; extra == "studio"',
            'no-such-thing; extra == "dev"',
        ]
    )
    assert told == {
        "extra scale": "installed",
        "extra studio": "no-such-thing, nothing-either are missing: "
        "pip install 'facewright[studio]'",
    }


def test_missing_weights_and_a_useless_cache_are_problems(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("FACEWRIGHT_WEIGHTS", "nobody")
    monkeypatch.setenv("FACEWRIGHT_CACHE", str(tmp_path / "file" / "cache"))
    found = examine(runtime=Runtime(device="cpu"))
    told = "\n".join(problem.what for problem in found.problems)
    assert "no weights called `nobody`" in told
    assert "cannot be written" in told
    assert found.images_per_second is None


def test_idle_gpu_is_explained():
    assert "no GPU answers" in explain_idle_gpu("").what
    assert "Some GPU is not used" in explain_idle_gpu("Some GPU\nAnother").what


def test_without_weights_there_is_no_speed_to_compare_passive_threads_with():
    assert measure_passively(None, 2) is None


@pytest.mark.slow
def test_threads_that_spin_are_a_problem_and_both_speeds_are_named():
    program = (
        "from facewright.jobs.commands.doctor.examine import examine\n"
        "from facewright.jobs.options import Runtime\n"
        "found = examine(runtime=Runtime(device='cpu'))\n"
        "print(*(p.what + '|' + p.fix for p in found.problems), sep='\\n')"
    )
    environ = os.environ | {"OMP_WAIT_POLICY": "active", "OMP_NUM_THREADS": "2"}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environ
    )
    told = next(line for line in done.stdout.splitlines() if "2 threads spin" in line)
    assert re.search(r": [\d.]+ people/s, [\d.]+ with passive waiting\|set OMP_WAIT", told)
