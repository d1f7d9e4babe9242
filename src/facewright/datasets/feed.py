"""Read batches of pictures ahead of training."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType

import numpy as np
import torch
from numpy.typing import NDArray

from facewright.datasets.dataset import Dataset
from facewright.datasets.sampler import InfiniteSampler
from facewright.types import Image


class Feed:
    """Batches in the order of a sampler, each read ahead by one thread.

    To be used in a `with` block.

    Attributes:
        position: Position of the sampler after the batches that were taken, without the one that is
            being read ahead; a checkpoint has to keep it.
    """

    def __init__(self, dataset: Dataset, sampler: InfiniteSampler, batch: int) -> None:
        """Set up the feed; nothing is read before the first batch is taken.

        Args:
            dataset: The pictures.
            sampler: Their order and the first position. Must not be used elsewhere afterwards.
            batch: Pictures per batch, of all processes together.
        """
        self.position = sampler.position
        self._dataset, self._sampler, self._batch = dataset, sampler, batch
        self._pool = ThreadPoolExecutor(1)
        self._ahead: tuple[NDArray[np.int64], Future[Image]] | None = None

    def __enter__(self) -> Feed:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop reading."""
        self._pool.shutdown(cancel_futures=True)

    def take(self, batch: int | None = None) -> tuple[Image, torch.Tensor, torch.Tensor]:
        """Return the next batch, and begin to read the one after it.

        Args:
            batch: Pictures per batch from now on, of all processes together; None keeps the number.

        Returns:
            Pictures (batch / processes, h, w, 3), uint8, their labels (batch / processes, c_dim)
            and their indices in the dataset (batch / processes,).

        Raises:
            DatasetError: A picture is damaged.
        """
        if batch is not None and batch != self._batch:  # what was read ahead is of another size
            self._batch, self._ahead = batch, None
            self._sampler.position = self.position
        places, reading = self._ahead or self._begin()
        pictures = reading.result()
        self.position = self._sampler.position
        self._ahead = self._begin()
        indices = torch.from_numpy(places)
        return pictures, self._dataset.labels[indices], indices

    def _begin(self) -> tuple[NDArray[np.int64], Future[Image]]:
        """Begin to read the next batch."""
        places = self._sampler.take(self._batch)
        return places, self._pool.submit(self._dataset.images, places)
