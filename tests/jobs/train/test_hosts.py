"""Two hosts train together: network namespaces with a wire between them, or two loopback addresses.

    python -m pytest -m slow tests/jobs/train/test_hosts.py

Each host has a torchrun of its own, as two machines have; the folder of the run is shared.
"""

import os
import shutil
import subprocess
import sys
from contextlib import ExitStack, contextmanager

import pytest
import torch

from facewright.hub.bundle import load_bundle

pytestmark = pytest.mark.slow

TINY = ["--batch", "4", "--channel-base", "64", "--channel-max", "8", "--precision", "float32"]
SHORT = ["--kimg", "0.008", "--tick-kimg", "0.004", "--device", "cpu", "--snap", "1"]


def call(*words):
    subprocess.run(words, check=True, capture_output=True)


@contextmanager
def wire():
    """Two network namespaces that reach each other and nothing else: prefix, interface, address."""
    if shutil.which("ip") is None or not hasattr(os, "geteuid") or os.geteuid():
        pytest.skip("network namespaces take root and iproute2")
    names = [f"fw-{os.getpid()}-{side}" for side in "ab"]
    ends = [f"fw{os.getpid() % 10**6}{side}" for side in "ab"]
    with ExitStack() as undo:
        try:
            for name in names:
                call("ip", "netns", "add", name)
                undo.callback(call, "ip", "netns", "del", name)
            kind = ["type", "veth", "peer", "name", ends[1], "netns", names[1]]
            call("ip", "link", "add", ends[0], "netns", names[0], *kind)
        except subprocess.CalledProcessError:
            pytest.skip("this system gives no network namespaces")
        for host, (name, end) in enumerate(zip(names, ends, strict=True), 1):
            call("ip", "-n", name, "addr", "add", f"10.99.0.{host}/24", "dev", end)
            call("ip", "-n", name, "link", "set", end, "up")
            call("ip", "-n", name, "link", "set", "lo", "up")
        yield [
            (["ip", "netns", "exec", name], end, f"10.99.0.{host}")
            for host, (name, end) in enumerate(zip(names, ends, strict=True), 1)
        ]


@contextmanager
def loopback():
    """Two addresses of this machine."""
    if sys.platform != "linux":
        pytest.skip("only Linux answers at all addresses of 127.0.0.0/8")
    yield [([], "lo", "127.0.0.2"), ([], "lo", "127.0.0.3")]


def train_on(hosts, dataset, outdir, *, each=1):
    """Start a torchrun on each host, and return the weights of the run."""
    first, started = hosts[0][2], []
    for rank, (prefix, interface, address) in enumerate(hosts):
        place = ["--nnodes", str(len(hosts)), "--node-rank", str(rank)]
        place += ["--nproc-per-node", str(each), "--local-addr", address]
        place += ["--master-addr", first, "--master-port", "29519"]
        words = [sys.executable, "-m", "torch.distributed.run", *place, "-m", "facewright"]
        words += ["train", "generator", str(dataset), "--outdir", str(outdir), *TINY, *SHORT]
        environ = os.environ | {"GLOO_SOCKET_IFNAME": interface, "OMP_NUM_THREADS": "1"}
        environ["PYTHONPATH"] = os.pathsep.join(sys.path)
        started.append(subprocess.Popen([*prefix, *words], env=environ))
    assert [process.wait(500) for process in started] == [0] * len(hosts)
    [weights] = outdir.glob("snapshot-000000.008.safetensors")
    return load_bundle(weights).tensors


@pytest.fixture(scope="module")
def on_one_host(dataset, tmp_path_factory):
    """The weights that two processes of one host learn."""
    folder = tmp_path_factory.mktemp("one") / "run"
    return train_on([([], "lo", "127.0.0.1")], dataset, folder, each=2)


@pytest.mark.parametrize("network", [wire, loopback])
def test_two_hosts_learn_what_two_processes_of_one_learn(network, on_one_host, dataset, tmp_path):
    with network() as hosts:
        tensors = train_on(hosts, dataset, tmp_path / "run")
    assert tensors.keys() == on_one_host.keys()
    assert all(torch.equal(tensor, on_one_host[name]) for name, tensor in tensors.items())
