"""How much faster do two workers get through pictures than one, with one thread each?

    FACEWRIGHT_BULK_PICTURES=2000 python -m benchmarks bulk

Ray and the weights are loaded once per run, however many pictures there are; so each number of
workers also does a tenth of the pictures, and the efficiency is that of the pictures between.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.timing import report
from facewright.pipelines.draw.generate import GeneratePipeline

PICTURES = int(os.environ.get("FACEWRIGHT_BULK_PICTURES", "2000"))
WORKERS = (1, 2)
_PEOPLE, _SIDE = 40, 256
_SHARD = 50  # pictures


def draw_album(folder: Path, count: int) -> list[Path]:
    """Draw people, and give each as many names as are needed."""
    folder.mkdir()
    people = GeneratePipeline()(f"0-{_PEOPLE - 1}", size=_SIDE)
    drawn = [person.save(folder / f"{n:05}.png") for n, person in enumerate(people)]
    for n in range(_PEOPLE, count):
        (folder / f"{n:05}.png").hardlink_to(drawn[n % _PEOPLE])
    return drawn


def time_bulk(album: Path, out: Path, workers: int) -> float:
    """Return the seconds that some workers take to find the faces of an album."""
    words = [sys.executable, "-m", "facewright", "bulk", "find", str(album), "-o", str(out)]
    words += ["--workers", str(workers), "--shard", str(_SHARD)]
    start = time.perf_counter()
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    """Time each number of workers on few and on all pictures."""
    few = max(PICTURES // 10, _PEOPLE)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        draw_album(folder / "few", few)
        draw_album(folder / "all", PICTURES)
        seconds = {
            (size, workers): time_bulk(folder / size, folder / f"{size}{workers}", workers)
            for workers in WORKERS
            for size in ("few", "all")
        }
    one, two = (seconds["all", n] - seconds["few", n] for n in WORKERS)
    report(
        "bulk",
        pictures=PICTURES,
        one_worker_s=seconds["all", 1],
        two_workers_s=seconds["all", 2],
        start_s=[round(seconds["few", n], 1) for n in WORKERS],
        efficiency=one / (2 * two),
        efficiency_with_start=seconds["all", 1] / (2 * seconds["all", 2]),
        load=[round(one, 1) for one in os.getloadavg()],
    )


if __name__ == "__main__":
    main()
