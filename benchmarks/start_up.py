"""How long does the command line take to say what it can do?"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

from benchmarks.timing import report

CASES = {
    "python": [sys.executable, "-c", "pass"],
    "import facewright": [sys.executable, "-c", "import facewright"],
    "facewright --help": [sys.executable, "-m", "facewright", "--help"],
}


def main() -> None:
    """Run each command five times and report the median."""
    medians = {}
    for name, command in CASES.items():
        subprocess.run(command, check=True, capture_output=True)
        seconds = []
        for _ in range(5):
            start = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True)
            seconds.append(time.perf_counter() - start)
        medians[name] = statistics.median(seconds)
    report("start-up", unit="s", **medians)


if __name__ == "__main__":
    main()
