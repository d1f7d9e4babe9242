"""Options of runs with many workers; no PyTorch, so that help is quick."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class BulkOptions:
    """With which workers, and in which parts."""

    workers: int = 1
    """Processes at a time, each with weights of its own, on one core or more."""
    address: str | None = None
    """A Ray cluster: auto, HOST:6379, or ray://HOST:10001; otherwise this machine. Sources and
    results have the same paths on all machines."""
    gpus: float = 0.0
    """GPUs of each worker, such as 0.25 for four workers on one."""
    shard: int = 256
    """Files of a folder that are one shard; an archive is one, and each row group of Parquet."""
    column: str = "image"
    """The column of Parquet files that holds pictures: bytes, or `bytes` and `path`."""
