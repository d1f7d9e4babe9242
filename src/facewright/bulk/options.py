"""Options of runs with many workers; no PyTorch, so that help is quick."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class BulkOptions:
    """Workers and shards of a bulk run."""

    workers: int = 1
    """Number of processes, each with its own copy of the weights, on one core or more."""
    address: str | None = None
    """Address of a Ray cluster: auto, HOST:6379, or ray://HOST:10001; without it, this machine.
    Sources and results must have the same paths on all machines."""
    gpus: float = 0.0
    """GPUs per worker, such as 0.25 for four workers on one."""
    shard: int = 256
    """Files of a folder per shard; an archive is one shard, and so is each row group of Parquet."""
    column: str = "image"
    """The column of Parquet files that holds pictures: bytes, or `bytes` and `path`."""
