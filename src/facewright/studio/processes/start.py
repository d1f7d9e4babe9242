"""Start the processes of a studio, whose imports take most of the time until the first face."""

from __future__ import annotations

import gc
import subprocess
import sys
from typing import Any


def start_process(module: str, function: str, *words: str, **pipes: Any) -> subprocess.Popen[bytes]:
    """Call a function with words as its arguments in a process of its own.

    Garbage is not collected there until `end_imports`: PyTorch makes so many objects that never
    become garbage that looking for some takes a quarter of the time of its import.

    Args:
        module: Of `facewright.studio.processes`.
        function: Its name.
        words: Its arguments.
        pipes: `stdin` and `stdout` of `subprocess.Popen`.
    """
    code = (
        "import gc, sys; gc.disable(); "
        f"from facewright.studio.processes.{module} import {function}; {function}(*sys.argv[1:])"
    )
    return subprocess.Popen([sys.executable, "-c", code, *words], **pipes)  # noqa: S603 - our own


def end_imports() -> None:
    """Collect garbage from now on, but not among what was imported."""
    gc.freeze()
    gc.enable()
