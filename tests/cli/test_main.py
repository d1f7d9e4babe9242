"""The terminal: what goes in, what comes out, and how it ends."""

import errno
import json
import signal
import socket
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path

import pytest
import torch

from facewright.cli.main import explain
from facewright.cli.outcome import PRINTERS
from facewright.jobs.table import COMMANDS, GROUPS
from facewright.version import __version__

ROOT = Path(__file__).parents[2]


def test_help_lists_every_command(facewright):
    status, out, _ = facewright("--help")
    assert status == 0
    first_words = {command.name.split()[0] for command in COMMANDS}
    assert all(f" {word} " in out for word in first_words)


def test_the_readme_says_what_every_command_does():
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    told = {name for line in lines if line.startswith("| `") for name in line.split("`")[1::2]}
    names = {command.name for command in COMMANDS if not command.name.startswith("models ")}
    assert names | {"models"} <= told


def test_help_is_quick_and_loads_no_torch():
    script = (
        "import sys; from facewright.cli.main import main; main(['--help']); "
        "print([name in sys.modules for name in ('torch', 'numpy', 'facewright.pipelines')]); "
        "import time; print(time.process_time())"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    loaded, seconds = done.stdout.splitlines()[-2:]
    assert loaded == "[False, False, False]"
    assert float(seconds) < 2  # 0.2 on an idle machine; of the processor: others do not count


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_has_a_function_a_printer_and_help(command, facewright):
    module, _, name = command.function.partition(":")
    assert callable(getattr(import_module(module), name))
    assert command.prints in PRINTERS
    assert command.help.endswith(".")
    assert all(word in GROUPS for word in command.name.split()[:-1])
    status, out, _ = facewright(*command.name.split(), "--help")
    assert status == 0
    assert out.startswith(f"Usage: facewright {command.name}")
    assert ("--json" in out) == command.data


def test_version_is_printed(facewright):
    assert facewright("--version") == (0, f"{__version__}\n", "")


def test_generate_writes_and_prints_the_file(facewright):
    assert facewright("generate", "--seeds", "0-3", "-o", "x.png") == (0, "x.png\n", "")
    assert Path("x.png").is_file()


def test_show_prints_lines_in_a_pipe_and_json_on_demand(facewright):
    facewright("generate", "--seeds", "0-3", "--psi", "0.5", "-o", "x.png")
    status, out, _ = facewright("show", "x.png")
    assert status == 0
    lines = out.splitlines()
    assert lines[:2] == ["task: generate", "seeds: 0-3"]
    assert "truncation_psi: 0.5" in lines
    status, out, _ = facewright("show", "x.png", "--json")
    assert json.loads(out)["parameters"]["truncation_psi"] == 0.5


def test_remake_says_that_it_is_the_same(facewright):
    facewright("generate", "--seeds", "3", "-o", "x.png")
    status, out, _ = facewright("remake", "x.png")
    assert status == 0
    assert out == "x-remade.png\nthe same as x.png, to the last bit but the signature\n"


def test_mix_and_interpolate_run(facewright):
    assert facewright("mix", "--rows", "1", "--columns", "2", "-o", "m.png")[0] == 0
    words = ["--seeds", "1,2", "--seconds", "0.2", "--no-loop", "-o", "c.mp4"]
    assert facewright("interpolate", *words)[:2] == (0, "c.mp4\n")


def test_error_is_told_with_its_hint_and_without_a_traceback(facewright):
    status, out, err = facewright("generate", "--seeds", "x", "-o", "x.png")
    assert (status, out) == (1, "")
    assert err == (
        "error: `x` names no seeds\nhint: --seeds takes numbers and ranges such as 0-15,42\n"
    )


@pytest.mark.parametrize(
    "line",
    [
        "sculpt",
        "generate --seeds 1",
        "generate --seeds 1 -o x.png --sharpness 7",
        "generate --seeds 1 -o x.png extra",
        "generate --seeds 1 -o x.png --psi high",
        "train generator",
    ],
)
def test_bad_usage_exits_with_2(facewright, line):
    status, out, err = facewright(*line.split())
    assert (status, out) == (2, "")
    assert err.startswith("error: ")
    assert "hint: " in err


def test_options_come_from_the_line_then_the_file_then_the_environment(facewright, monkeypatch):
    Path("options.toml").write_text("psi = 0.25\nseeds = '1-2'\n")
    monkeypatch.setenv("FACEWRIGHT_GENERATE_PSI", "0.125")
    monkeypatch.setenv("FACEWRIGHT_GENERATE_SIZE", "20")
    words = ["--options", "options.toml", "--seeds", "5", "-o", "x.png"]
    assert facewright("generate", *words)[0] == 0
    shown = json.loads(facewright("show", "x.png", "--json")[1])
    assert shown["seeds"] == [5]
    assert (shown["parameters"]["truncation_psi"], shown["parameters"]["size"]) == (0.25, 20)


def test_missing_options_file_is_an_error(facewright):
    status, _, err = facewright("generate", "--seeds", "1", "-o", "x.png", "--options", "no.toml")
    assert status == 1
    assert "there is no file no.toml" in err


def test_unknown_option_in_the_file_is_bad_usage(facewright):
    Path("options.toml").write_text("sharpness = 7\n")
    words = ["--seeds", "1", "-o", "x.png", "--options", "options.toml"]
    status, _, err = facewright("generate", *words)
    assert status == 2
    assert "sharpness" in err


def test_models_and_doctor_print_json(facewright):
    assert isinstance(json.loads(facewright("models", "list", "--json")[1]), list)
    assert json.loads(facewright("doctor", "--device", "cpu", "--json")[1])["facts"]["python"]


@pytest.mark.skipif(sys.platform == "win32", reason="there, no signal interrupts one process")
def test_interrupt_exits_with_130(tmp_path, monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    # What is ignored here, as in a shell's background jobs, the program would ignore, too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with socket.create_server(("127.0.0.1", 0)) as server:  # never answers, and so holds it up
        server.settimeout(60)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/x.png"
        words = ["collect", address, "-o", str(tmp_path / "library"), "--licence", "mine"]
        command = [sys.executable, "-m", "facewright", *words]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
            with server.accept()[0] as asked:
                asked.recv(1)
                running.send_signal(signal.SIGINT)
                time.sleep(0.2)
            assert running.communicate(timeout=30) == (b"", b"")
            assert running.returncode == 130


def test_show_loads_no_torch(facewright):
    facewright("generate", "--seeds", "1", "-o", "x.png")
    script = (
        "import sys; from facewright.cli.main import main; main(['show', 'x.png']); "
        "print('torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[0] == "task: generate"
    assert done.stdout.splitlines()[-1] == "False"


def test_file_that_cannot_be_made_is_an_error(facewright, tmp_path):
    (tmp_path / "file").write_text("no folder")
    status, out, err = facewright("demo", "--out", "file/demo")
    assert (status, out) == (1, "")
    assert err.startswith("error: ")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "x.png"), "x.png: No space left"),
        (torch.OutOfMemoryError("CUDA out of memory"), "the memory is full"),
        (MemoryError(), "the memory is full"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), "the memory is full"),
    ],
)
def test_full_disk_and_full_memory_are_told_without_a_traceback(error, told, capsys):
    assert explain(error) == 1
    err = capsys.readouterr().err
    assert err.startswith(f"error: {told}")
    assert "hint: " in err


def test_other_mistakes_keep_their_traceback():
    with pytest.raises(RuntimeError, match="a mistake"):
        explain(RuntimeError("a mistake"))


def test_mistake_in_the_options_file_is_told_with_its_place(facewright):
    Path("options.toml").write_text("psi = 0.5\nseeds = 1-2\n")
    status, _, err = facewright("generate", "-o", "x.png", "--options", "options.toml")
    assert status == 1
    assert err.startswith("error: options.toml is not TOML: ")
    assert "line 2" in err


def test_help_shows_no_empty_default(facewright):
    _, out, _ = facewright("generate", "--help")
    assert "[default: 95]" in out
    assert "[default: ()]" not in out
    assert "[default: None]" not in out
