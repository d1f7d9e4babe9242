import threading
from dataclasses import replace

import numpy as np
import pytest
import torch

from facewright.datasets.archive import write_dataset
from facewright.datasets.dataset import Dataset, open_dataset
from facewright.datasets.feed import Feed
from facewright.datasets.labels import LabelGroup
from facewright.datasets.sampler import InfiniteSampler
from facewright.errors import DatasetError


@pytest.fixture
def dataset(tmp_path, picture) -> Dataset:
    items = [(picture(n, size=(8, 8)), n) for n in range(5)]
    write_dataset(tmp_path / "x.zip", items, label_groups=[LabelGroup("n", tuple("01234"))])
    return open_dataset(tmp_path / "x.zip", cond=True)


def test_a_feed_reads_what_the_sampler_says(dataset):
    sampler, places = InfiniteSampler(5, seed=3), InfiniteSampler(5, seed=3)
    with Feed(dataset, sampler, 3) as feed:
        for number in range(1, 5):
            pictures, labels, _ = feed.take()
            wanted = places.take(3)
            assert np.array_equal(pictures, dataset.images(wanted))
            assert torch.equal(labels, dataset.labels[wanted])
            assert feed.position == places.position == number * 3


def test_the_position_goes_on_where_the_last_batch_ended(dataset):
    with Feed(dataset, InfiniteSampler(5, seed=3), 3) as feed:
        batches = [feed.take()[0] for _ in range(3)]
    with Feed(dataset, InfiniteSampler(5, seed=3, position=6), 3) as later:
        assert later.position == 6
        assert np.array_equal(later.take()[0], batches[2])


def test_the_next_batch_is_read_while_this_one_is_used(dataset, monkeypatch):
    read, second = [], threading.Event()
    images = Dataset.images

    def spy(self, places):
        read.append(len(places))
        if len(read) == 2:
            second.set()
        return images(self, places)

    monkeypatch.setattr(Dataset, "images", spy)
    with Feed(dataset, InfiniteSampler(5, seed=3), 3) as feed:
        assert read == []
        feed.take()
        assert second.wait(10)


def test_a_damaged_picture_ends_the_feed(dataset):
    spoilt = replace(dataset, resolution=16)
    with (
        Feed(spoilt, InfiniteSampler(5, seed=3), 3) as feed,
        pytest.raises(DatasetError, match="decodes to"),
    ):
        feed.take()


def test_a_batch_of_another_size_continues_the_same_order(tiny_dataset):
    def take(*sizes):
        with Feed(tiny_dataset, InfiniteSampler(len(tiny_dataset), seed=1), sizes[0]) as feed:
            taken = [index for size in sizes for index in feed.take(size)[2].tolist()]
            return taken, feed.position

    assert take(4, 4, 2, 2, 6) == take(6, 6, 6)
