"""How PyTorch's threads wait, and how many there are."""

import os
import subprocess
import sys
import warnings

import pytest

from facewright.threads import COUNTING, WAITING, count_cores, prepare_threads


class Torch:
    """PyTorch, loaded already."""

    def __init__(self, threads):
        self.threads = threads

    def get_num_threads(self):
        return self.threads

    def set_num_threads(self, count):
        self.threads = count


def run(program, **environ):
    """Return what a program prints and complains about in an environment without settings."""
    kept = {k: v for k, v in os.environ.items() if k not in (*WAITING, *COUNTING)}
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env=kept | environ,
    )
    return done.stdout.strip(), done.stderr


def test_threads_wait_passively_unless_the_user_chose():
    environ = {}
    prepare_threads(environ, None)
    assert environ["OMP_WAIT_POLICY"] == "passive"


@pytest.mark.parametrize("name", WAITING)
def test_what_the_user_chose_about_waiting_stays(name):
    environ = {name: "active"}
    prepare_threads(environ, Torch(2))
    assert environ[name] == "active"
    assert environ.keys() & set(WAITING) == {name}


def test_pytorch_that_was_loaded_before_is_warned_about():
    environ = {"LOCAL_WORLD_SIZE": "1"}
    with pytest.warns(RuntimeWarning, match="import facewright first"):
        prepare_threads(environ, Torch(2))
    assert environ["OMP_WAIT_POLICY"] == "passive"  # for processes that come later


def test_one_thread_waits_for_nobody_and_is_not_warned_about():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        prepare_threads({"OMP_NUM_THREADS": "1"}, Torch(1))


def test_processes_of_a_machine_share_its_cores(tmp_path):
    alone = count_cores({}, tmp_path / "none")
    assert alone == len(os.sched_getaffinity(0))
    assert count_cores({"LOCAL_WORLD_SIZE": str(alone)}, tmp_path / "none") == 1
    assert count_cores({"LOCAL_WORLD_SIZE": "1000"}, tmp_path / "none") == 1
    assert count_cores({"LOCAL_WORLD_SIZE": "many"}, tmp_path / "none") == alone


def test_the_limit_of_a_control_group_counts(tmp_path):
    quota = tmp_path / "cpu.max"
    quota.write_text("50000 100000\n")
    assert count_cores({}, quota) == 1
    quota.write_text("max 100000\n")
    assert count_cores({}, quota) == count_cores({}, tmp_path / "none")
    quota.write_text("nonsense")
    assert count_cores({}, quota) == count_cores({}, tmp_path / "none")


def test_many_processes_compute_with_fewer_threads_even_where_pytorch_was_loaded_before():
    environ, torch = {"LOCAL_WORLD_SIZE": "1000"}, Torch(64)
    prepare_threads(environ, torch)
    if len(os.sched_getaffinity(0)) > 1:
        assert (environ["OMP_NUM_THREADS"], torch.threads) == ("1", 1)


def test_a_chosen_number_of_threads_stays():
    environ, torch = {"LOCAL_WORLD_SIZE": "1000", "OMP_NUM_THREADS": "7"}, Torch(7)
    with pytest.warns(RuntimeWarning):
        prepare_threads(environ, torch)
    assert (environ["OMP_NUM_THREADS"], torch.threads) == ("7", 7)


def test_importing_the_package_and_its_command_sets_what_openmp_reads():
    policy = "import os; print(os.environ.get('OMP_WAIT_POLICY'))"
    assert run(f"import facewright; {policy}") == ("passive", "")
    assert run(f"import facewright.cli.main; {policy}") == ("passive", "")
    assert run(f"import facewright; {policy}", OMP_WAIT_POLICY="active") == ("active", "")


@pytest.mark.slow
def test_threads_spin_where_pytorch_comes_first_and_wait_passively_where_it_comes_second():
    measure = "from facewright.jobs.commands.doctor import speed; print(speed.measure_waiting(0.5))"
    first, complaint = run(f"import torch, facewright; {measure}", OMP_NUM_THREADS="2")
    second, silence = run(f"import facewright, torch; {measure}", OMP_NUM_THREADS="2")
    assert float(first) > 3 * float(second)
    assert "RuntimeWarning: PyTorch was loaded before facewright" in complaint
    assert silence == ""
