"""Run a command over one shard, exactly once even if workers are killed meanwhile."""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from facewright.bulk.plan import Shard, unpack
from facewright.collect.sources.items import Refusal
from facewright.errors import FacewrightError, FileError
from facewright.files import HINT, replacing
from facewright.jobs.effect import Outcome
from facewright.jobs.interface.signature import find_command
from facewright.types import Json

_PATIENCE = 2
"""Number of times a shard may kill its worker before its files are tried one by one."""


@dataclass(frozen=True, slots=True)
class Job:
    """The command for every shard."""

    command: str
    fixed: tuple[str, ...]
    """Sources that are the same for each shard, such as the face of a swap."""
    options: Any
    """Those of the command; `out` is the folder of the run."""

    @property
    def out(self) -> Path:
        """The folder of the run."""
        return Path(self.options.out)


def name_summary(out: Path, shard: Shard) -> Path:
    """Return the path of a shard's summary, which exists once the shard is done."""
    return out / f"{shard.name}.json"


def run_shard(job: Job, shard: Shard) -> dict[str, Json]:
    """Run a job over one shard, unless it is done already.

    Results go to a folder of their own. A shard that has killed its worker before goes on after the
    last result; if it does so again, its files are tried one by one, and those that kill a worker
    are left out.

    Args:
        job: The command and its options.
        shard: The shard.

    Returns:
        The summary of the shard.

    Raises:
        FileError: The summary cannot be written.
    """
    path = name_summary(job.out, shard)
    if path.is_file() and not job.options.overwrite:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    start = time.monotonic()
    try:
        told = _run(job, shard)
    except FacewrightError as error:
        _Journal(job.out, shard).delete()
        return {
            "shard": shard.name,
            "source": shard.label,
            "failed": str(error),
            "hint": error.hint,
        }
    told |= {"seconds": round(time.monotonic() - start, 3)}
    try:
        with replacing(path) as unfinished:
            unfinished.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    except OSError as error:
        raise FileError(f"{path} cannot be written: {error}", hint=HINT) from error
    _Journal(job.out, shard).delete()
    return told


def _run(job: Job, shard: Shard) -> dict[str, Json]:
    """Run the command over a shard, without what ends workers."""
    journal = _Journal(job.out, shard)
    before = journal.begin()
    most = getattr(job.options, "largest_mib", 256) << 20
    with tempfile.TemporaryDirectory(prefix="facewright-") as folder:
        if shard.kind == "archive" and before < _PATIENCE:
            sources: list[str] = list(shard.paths)
            refused: list[Refusal] = []
        else:
            found = list(unpack(shard, Path(folder), max_bytes=most))
            refused = [one for one in found if isinstance(one, Refusal)]
            files = [one for one in found if isinstance(one, Path)]
            if before >= _PATIENCE:
                _probe(job, files, journal)
            harmful = journal.list_harmful()
            gone = {n: _find_reason(one, n in harmful) for n, one in enumerate(files)}
            refused += [Refusal(str(files[n]), reason) for n, reason in gone.items() if reason]
            sources = [str(one) for n, one in enumerate(files) if not gone[n]]
        target = job.out / shard.name
        outcome = _call(job, sources, target) if sources else Outcome()
        refused += outcome.refused
        if shard.kind != "files":
            _rename(target, folder, shard.label)
        return {
            "shard": shard.name,
            "source": shard.label,
            "pictures": len(outcome.pictures),
            "clips": len(outcome.clips),
            "refused": [_describe(one, folder, shard.label) for one in refused],
        }


def _call(job: Job, sources: Iterable[str], out: Path) -> Outcome:
    """Run the command."""
    command = find_command(job.command)
    if command is None:
        raise ValueError(job.command)
    options = replace(job.options, out=out)
    outcome: Outcome = command.load()([*job.fixed, *sources], options=options)
    return outcome


def _probe(job: Job, files: list[Path], journal: _Journal) -> None:
    """Try files one by one, and note each, so that the next worker knows the harmful one."""
    tried = journal.list_tried()
    for number, path in enumerate(files):
        if number in tried:
            continue
        journal.write("try", number)
        with tempfile.TemporaryDirectory() as folder, suppress(FacewrightError):
            _call(job, [str(path)], Path(folder) / "probe")
        journal.write("ok", number)


def _find_reason(path: Path, harmful: bool) -> str:  # noqa: FBT001
    """Say why a file is left out; empty if it is not."""
    if harmful:
        return "ended the process that worked on it"
    return "" if path.exists() else "does not exist any more"


def _describe(refusal: Refusal, folder: str, label: str) -> dict[str, Json]:
    """Return a refusal as JSON, by the name that its source has for users."""
    return {name: str(said).replace(folder, label) for name, said in asdict(refusal).items()}


def _rename(target: Path, folder: str, label: str) -> None:
    """Write the source into records, in place of the folder that it was unpacked to."""
    for path in (*target.glob("*.jsonl"), *target.glob("*.json")):
        text = path.read_text(encoding="utf-8")
        if folder in text:
            with replacing(path) as unfinished:
                unfinished.write_text(text.replace(folder, label), encoding="utf-8")


class _Journal:
    """Notes about a shard that outlive a worker that is killed."""

    def __init__(self, out: Path, shard: Shard) -> None:
        self._path = out / ".attempts" / shard.name

    def begin(self) -> int:
        """Note one more attempt; return how many there were before."""
        before = sum(word == "begin" for word, _ in self._read())
        self.write("begin", os.getpid())
        return before

    def write(self, word: str, number: int) -> None:
        """Add a note: about a process that begins, or a file that is tried."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(f"{word} {number}\n")
            file.flush()
            os.fsync(file.fileno())

    def list_tried(self) -> set[int]:
        """Return the numbers of files that were tried by themselves."""
        return {number for word, number in self._read() if word == "try"}

    def list_harmful(self) -> set[int]:
        """Return the numbers of those after which no worker was left to take a note."""
        return self.list_tried() - {number for word, number in self._read() if word == "ok"}

    def delete(self) -> None:
        """Forget all of it."""
        self._path.unlink(missing_ok=True)
        with suppress(OSError):  # other shards have notes
            self._path.parent.rmdir()

    def _read(self) -> list[tuple[str, int]]:
        """Return all notes."""
        if not self._path.is_file():
            return []
        lines = self._path.read_text(encoding="utf-8").splitlines()
        return [(word, int(number)) for word, number in map(str.split, lines)]
