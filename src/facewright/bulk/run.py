"""Distribute shards to workers until all are done."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from facewright.bulk.plan import Shard, hash_plan, plan_shards
from facewright.bulk.shards import Job, name_summary, run_shard
from facewright.collect.sources.items import Refusal
from facewright.errors import FileError, InputError
from facewright.files import HINT, replacing
from facewright.jobs.effect import Outcome
from facewright.pipelines.weights import keep_weights
from facewright.types import Json

if TYPE_CHECKING:
    from facewright.bulk.options import BulkOptions
    from facewright.hub.store import Progress

_PLAN, _REFUSED = "bulk.json", "refused.jsonl"


def run_bulk(
    job: Job, sources: Sequence[str], options: BulkOptions, progress: Progress | None = None
) -> Outcome:
    """Run a command over all shards of some sources.

    Args:
        job: The command and its options.
        sources: Pictures, clips, folders, archives, Parquet files.
        options: Workers and shards.
        progress: Called with the number of shards done, and of all.

    Returns:
        A summary in lines, and the file that lists what was refused.

    Raises:
        InputError: The folder holds another run, the extra `scale` is missing, or the first shard
            shows that nothing can be done.
        FileError: A source does not exist, or the folder cannot be written.
    """
    if options.workers < 1:
        raise InputError(f"`workers` is 1 or more, not {options.workers}")
    shards = plan_shards(sources, size=options.shard, column=options.column, avoid=job.out)
    _claim(job, shards)
    keep = not job.options.overwrite
    left = [shard for shard in shards if not (keep and name_summary(job.out, shard).is_file())]
    skipped = len(shards) - len(left)
    failed = []
    if left:
        with _cluster(options) as ray:
            for done, told in enumerate(_work(ray, job, left, options), 1):
                failed += [told] if "failed" in told else []
                if len(failed) == done == 1:
                    raise InputError(str(told["failed"]), hint=str(told["hint"]))
                if progress:
                    progress(skipped + done, len(shards))
    return _sum_up(job, shards, failed, skipped)


def _claim(job: Job, shards: Sequence[Shard]) -> None:
    """Raise if a folder holds the results of another run; otherwise write down which this is."""
    path = job.out / _PLAN
    options = {name: str(said) for name, said in asdict(job.options).items() if name != "overwrite"}
    plan: dict[str, Json] = {
        "command": job.command,
        "fixed": list(job.fixed),
        "options": dict(options),
        "shards": len(shards),
        "sha256": hash_plan(shards),
    }
    if path.is_file() and not job.options.overwrite:
        if json.loads(path.read_text(encoding="utf-8")) != plan:
            raise InputError(
                f"{job.out} holds the results of another command, or of other sources",
                hint="name another folder, or replace them with --overwrite",
            )
        return
    try:
        with replacing(path) as unfinished:
            unfinished.write_text(json.dumps(plan, ensure_ascii=False, indent=2), encoding="utf-8")
    except OSError as error:
        raise FileError(f"{path} cannot be written: {error}", hint=HINT) from error


@contextmanager
def _cluster(options: BulkOptions) -> Iterator[Any]:
    """Give Ray, connected to a cluster or started on this machine."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # nothing is reported to anybody
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise InputError(
            f"bulk runs need Ray: {error}", hint="pip install 'facewright[scale]'"
        ) from error
    environ = {k: v for k, v in os.environ.items() if k.startswith(("FACEWRIGHT_", "OMP_"))}
    local: dict[str, Any] = {"num_cpus": options.workers, "include_dashboard": False}
    try:
        ray.init(
            address=options.address or "local",
            runtime_env={"env_vars": environ},
            configure_logging=False,
            log_to_driver=False,
            **({} if options.address else local),
        )
    except Exception as error:
        hint = "check --address" if options.address else "try again once the machine is less busy"
        raise InputError(f"Ray does not start: {error}", hint=hint) from error
    try:
        ray.data.DataContext.get_current().enable_progress_bars = False
        logging.getLogger("ray.data").setLevel(logging.ERROR)
        yield ray
    finally:
        ray.shutdown()


def _work(
    ray: Any, job: Job, shards: Sequence[Shard], options: BulkOptions
) -> Iterator[dict[str, Json]]:
    """Yield what became of each shard, as workers finish them.

    Ray starts a worker anew that was killed, and gives it the same shard again.
    """

    class Hired(Worker):
        """A worker that knows the job."""

        def __init__(self) -> None:
            super().__init__(job)

    rows = [{"shard": json.dumps(asdict(shard))} for shard in shards]
    made = ray.data.from_items(rows, override_num_blocks=len(rows)).map(
        Hired,
        compute=ray.data.ActorPoolStrategy(size=min(options.workers, len(rows))),
        num_cpus=1,
        num_gpus=options.gpus or None,
    )
    for row in made.iter_rows():
        yield json.loads(row["told"])


class Worker:
    """A process that takes one shard after the other, and reads weights once."""

    def __init__(self, job: Job) -> None:
        """Take the job; nothing is loaded yet."""
        self.job = job
        keep_weights()

    def __call__(self, row: dict[str, str]) -> dict[str, str]:
        """Do one shard."""
        said = json.loads(row["shard"])
        shard = Shard(**{**said, "paths": tuple(said["paths"])})
        return {"told": json.dumps(run_shard(self.job, shard))}


def _sum_up(
    job: Job, shards: Sequence[Shard], failed: Sequence[dict[str, Json]], skipped: int
) -> Outcome:
    """Write the list of what was refused, and say what became of the rest."""
    refused: list[Json] = [{"source": one["source"], "reason": one["failed"]} for one in failed]
    pictures = clips = 0
    for shard in shards:
        path = name_summary(job.out, shard)
        if path.is_file():
            told = json.loads(path.read_text(encoding="utf-8"))
            pictures, clips = pictures + told["pictures"], clips + told["clips"]
            refused += told["refused"]
    path = job.out / _REFUSED
    with replacing(path) as unfinished:
        lines = (json.dumps(one, ensure_ascii=False) + "\n" for one in refused)
        unfinished.write_text("".join(lines), encoding="utf-8")
    counts = f"{pictures} pictures, {clips} clips in {len(shards)} shards"
    lines_ = [f"{counts}, {skipped} of which were done before"]
    outcome = Outcome(files=[job.out], lines=lines_)
    outcome.lenient = getattr(job.options, "lenient", False)
    if refused:
        outcome.refused = [Refusal(f"{len(refused)} files", f"are listed in {path}")]
    return outcome
