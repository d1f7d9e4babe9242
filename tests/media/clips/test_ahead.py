"""What is read ahead comes in order, and ends when nobody wants more."""

import threading

import pytest

from facewright.media.clips.ahead import read_ahead


def test_items_come_in_order_from_another_thread():
    threads = []

    def items():
        for number in range(50):
            threads.append(threading.current_thread())
            yield number

    assert list(read_ahead(items())) == list(range(50))
    assert threading.main_thread() not in threads


def test_no_more_is_read_than_there_is_room():
    read = []
    ahead = read_ahead((read.append(n) or n for n in range(100)), room=2)
    assert next(ahead) == 0
    ahead.close()
    assert len(read) <= 5


def test_what_goes_wrong_comes_after_what_went_well():
    def items():
        yield 1
        raise ValueError("broken")

    ahead = read_ahead(items())
    assert next(ahead) == 1
    with pytest.raises(ValueError, match="broken"):
        next(ahead)


def test_an_end_ends_the_thread():
    ahead = read_ahead(iter(range(1000)))
    next(ahead)
    ahead.close()
    assert not any(thread.name == "read ahead" for thread in threading.enumerate())
