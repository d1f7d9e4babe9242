"""Jobs of a studio: a row of SQLite and a folder each.

The table alone determines the state of a job. The queue only determines the order; it may contain a
job twice or lose one, because `claim` takes a job only in state "queued", and a starting worker
enqueues all unfinished jobs of its lane again (`recover`).
"""

from __future__ import annotations

import json
import secrets
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from facewright.types import Json

State: TypeAlias = Literal["queued", "running", "done", "failed", "cancelled"]
Lane: TypeAlias = Literal["quick", "long"]
"""Queue of a job; each has one worker process that runs its jobs in sequence."""

ENDED = ("done", "failed", "cancelled")
"""Final states."""
MOST_ATTEMPTS = 3
"""Number of starts after which a job that crashes its worker has failed."""

_TABLE = """
create table if not exists jobs (
  number integer primary key autoincrement,
  id text not null unique,
  command text not null,
  state text not null,
  client text not null,
  values_ text not null,
  inputs text not null,
  progress text,
  error text,
  warnings text not null default '[]',
  attempts integer not null default 0,
  kept integer not null default 0,
  bytes integer not null default 0,
  created real not null,
  started real,
  finished real,
  uploads_deleted integer not null default 0
);
create index if not exists jobs_by_state on jobs (state);
create table if not exists workers (lane text primary key, pid integer not null, job text);
"""


@dataclass(frozen=True, slots=True)
class Job:
    """A job; times are seconds since the epoch."""

    number: int
    id: str
    command: str
    state: State
    client: str
    values: dict[str, Json]
    """Option → value."""
    inputs: dict[str, list[dict[str, Any]]]
    """Input → its values: {"name": file in the job's folder}, {"text": ...}, with "seed" or "face"
    for generated people."""
    progress: dict[str, Json] | None
    error: dict[str, str] | None
    warnings: list[str]
    attempts: int
    kept: bool
    bytes: int
    created: float
    started: float | None
    finished: float | None
    uploads_deleted: bool


class Store:
    """The table of jobs. Safe to use from several threads and processes.

    Attributes:
        data: The folder of the studio.
    """

    def __init__(self, data: Path) -> None:
        """Open the table; create it if it does not exist."""
        self.data = data
        (data / "jobs").mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._file = sqlite3.connect(
            data / "jobs.db", timeout=30, check_same_thread=False, isolation_level=None
        )
        self._file.row_factory = sqlite3.Row
        self._file.execute("pragma journal_mode = wal")
        self._file.execute("pragma synchronous = normal")
        with self._lock:
            self._file.executescript(_TABLE)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._file.close()

    def folder(self, job: str) -> Path:
        """Return the folder of a job."""
        return self.data / "jobs" / job

    def results(self, job: str) -> Path:
        """Return the folder of a job's results; it appears in one step when all are written."""
        return self.folder(job) / "results"

    def create(
        self,
        job: str,
        command: str,
        client: str,
        *,
        values: Mapping[str, Json],
        inputs: Mapping[str, list[dict[str, Any]]],
    ) -> Job:
        """Add a job; its uploads are in its folder already.

        Args:
            job: Identifier from `new_id`.
            command: Name of the command.
            client: Address of the client.
            values: Option → value.
            inputs: As in `Job.inputs`.
        """
        size = measure(self.folder(job))
        self._run(
            "insert into jobs (id, command, state, client, values_, inputs, created, bytes) "
            "values (?, ?, 'queued', ?, ?, ?, ?, ?)",
            (job, command, client, json.dumps(values), json.dumps(inputs), time.time(), size),
        )
        return self.get(job)

    def get(self, job: str) -> Job:
        """Return a job.

        Raises:
            KeyError: There is no such job.
        """
        rows = self._run("select * from jobs where id = ?", (job,))
        if not rows:
            raise KeyError(job)
        return _read(rows[0])

    def find_recent(self, *, limit: int = 50, before: str | None = None) -> list[Job]:
        """Return up to `limit` jobs, newest first, optionally only those older than one."""
        if before is None:
            rows = self._run("select * from jobs order by number desc limit ?", (limit,))
        else:
            rows = self._run(
                "select * from jobs where number < (select number from jobs where id = ?) "
                "order by number desc limit ?",
                (before, limit),
            )
        return [_read(row) for row in rows]

    def count_open(self, client: str) -> int:
        """Return the number of unfinished jobs of a client."""
        query = "select count(*) from jobs where client = ? and state in ('queued', 'running')"
        return int(self._run(query, (client,))[0][0])

    def count_bytes(self) -> int:
        """Return the bytes of all jobs on the disk."""
        return int(self._run("select coalesce(sum(bytes), 0) from jobs")[0][0])

    def claim(self, job: str, lane: Lane, pid: int) -> Job | None:
        """Change a job from queued to running; return None if it is not queued.

        Args:
            job: Identifier.
            lane: Lane of the worker.
            pid: Process of the worker.
        """
        with self._writing() as file:
            taken = file.execute(
                "update jobs set state = 'running', started = coalesce(started, ?), "
                "attempts = attempts + 1, progress = null where id = ? and state = 'queued'",
                (time.time(), job),
            )
            if not taken.rowcount:
                return None
            file.execute("insert or replace into workers values (?, ?, ?)", (lane, pid, job))
        return self.get(job)

    def release(self, job: str) -> None:
        """Record that no worker runs a job."""
        self._run("update workers set job = null where job = ?", (job,))

    def find_worker(self, job: str) -> int:
        """Return the process ID of the worker that runs a job; 0 if none does."""
        rows = self._run("select pid from workers where job = ?", (job,))
        return int(rows[0]["pid"]) if rows else 0

    def set_progress(self, job: str, done: int, total: int, note: str = "") -> bool:
        """Record the progress of a job; return False if it is no longer running."""
        progress = json.dumps({"done": done, "total": total, "note": note})
        query = "update jobs set progress = ? where id = ? and state = 'running' returning id"
        return bool(self._run(query, (progress, job)))

    def is_running(self, job: str) -> bool:
        """Return whether a job is running, and was not cancelled or deleted."""
        return bool(self._run("select 1 from jobs where id = ? and state = 'running'", (job,)))

    def finish(
        self,
        job: str,
        state: State,
        *,
        error: Mapping[str, str] | None = None,
        warnings: tuple[str, ...] = (),
    ) -> None:
        """Set the final state of a running job; a cancelled one stays cancelled."""
        self._run(
            "update jobs set state = ?, error = ?, warnings = ?, finished = ?, bytes = ? "
            "where id = ? and state = 'running'",
            (
                *(state, json.dumps(error) if error else None, json.dumps(warnings)),
                *(time.time(), measure(self.folder(job)), job),
            ),
        )

    def recover(self, mine: Callable[[Job], bool]) -> list[str]:
        """Reset jobs that a killed worker left running to queued; return the queued ones, in order.

        A job that was started `MOST_ATTEMPTS` times fails instead.

        Args:
            mine: Returns whether a job belongs to the lane of the caller.
        """
        error = json.dumps(
            {
                "message": f"the job ended its process {MOST_ATTEMPTS} times",
                "hint": "it may need more memory than there is: try a smaller picture or clip",
            }
        )
        query = "select * from jobs where state in ('queued', 'running') order by number"
        with self._writing() as file:
            left = [job for job in map(_read, file.execute(query)) if mine(job)]
            for job in left:
                if job.state == "running" and job.attempts >= MOST_ATTEMPTS:
                    ended = "update jobs set state = 'failed', error = ?, finished = ? where id = ?"
                    file.execute(ended, (error, time.time(), job.id))
                else:
                    file.execute("update jobs set state = 'queued' where id = ?", (job.id,))
                file.execute("update workers set job = null where job = ?", (job.id,))
            rows = file.execute("select id from jobs where state = 'queued'")
            waiting = {row["id"] for row in rows}
            return [job.id for job in left if job.id in waiting]

    def cancel(self, job: str) -> None:
        """Cancel an unfinished job."""
        self._run(
            "update jobs set state = 'cancelled', finished = ? "
            "where id = ? and state in ('queued', 'running')",
            (time.time(), job),
        )

    def keep(self, job: str, *, kept: bool) -> None:
        """Set whether the uploads of a job are kept."""
        self._run("update jobs set kept = ? where id = ?", (kept, job))

    def delete(self, job: str) -> None:
        """Delete a job with its uploads and results."""
        self._run("delete from jobs where id = ?", (job,))
        shutil.rmtree(self.folder(job), ignore_errors=True)

    def delete_uploads(self, before: float) -> int:
        """Delete uploads of finished jobs created before a time, unless kept; return the count."""
        rows = self._run(
            "select id from jobs where created < ? and not kept and not uploads_deleted "
            "and state not in ('queued', 'running')",
            (before,),
        )
        for row in rows:
            shutil.rmtree(self.folder(row["id"]) / "inputs", ignore_errors=True)
            size = measure(self.folder(row["id"]))
            query = "update jobs set uploads_deleted = 1, bytes = ? where id = ?"
            self._run(query, (size, row["id"]))
        return len(rows)

    def delete_strays(self, before: float) -> int:
        """Delete folders without a job older than a time, which uploads left; return the count."""
        known = {row["id"] for row in self._run("select id from jobs")}
        strays = [
            folder
            for folder in (self.data / "jobs").iterdir()
            if folder.name not in known and folder.stat().st_mtime < before
        ]
        for folder in strays:
            shutil.rmtree(folder, ignore_errors=True)
        return len(strays)

    def watch(self) -> int:
        """Return a number that changes when another process changes a job."""
        return int(self._run("pragma data_version")[0][0])

    def _run(self, query: str, values: tuple[Any, ...] = ()) -> list[sqlite3.Row]:
        """Run one statement."""
        with self._lock:
            return self._file.execute(query, values).fetchall()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Run statements in one transaction."""
        with self._lock:
            self._file.execute("begin immediate")
            try:
                yield self._file
                self._file.execute("commit")
            except BaseException:
                self._file.execute("rollback")
                raise


def new_id() -> str:
    """Return a unique random identifier, 96 bits in hexadecimal."""
    return secrets.token_hex(12)


def measure(folder: Path) -> int:
    """Return the bytes of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _read(row: sqlite3.Row) -> Job:
    """Convert a row to a job."""
    return Job(
        number=row["number"],
        id=row["id"],
        command=row["command"],
        state=row["state"],
        client=row["client"],
        values=json.loads(row["values_"]),
        inputs=json.loads(row["inputs"]),
        progress=json.loads(row["progress"]) if row["progress"] else None,
        error=json.loads(row["error"]) if row["error"] else None,
        warnings=json.loads(row["warnings"]),
        attempts=row["attempts"],
        kept=bool(row["kept"]),
        bytes=row["bytes"],
        created=row["created"],
        started=row["started"],
        finished=row["finished"],
        uploads_deleted=bool(row["uploads_deleted"]),
    )
