"""Sixty-four clients at once, half of them sending pictures: nothing fails, nothing is lost.

`python -m benchmarks studio` does the same for longer, and prints what it measured.
"""

import pytest

studio = pytest.importorskip("benchmarks.studio")

pytestmark = pytest.mark.slow


def test_sixty_four_clients_lose_nothing(tmp_path):
    measured = studio.measure_load(tmp_path)
    print(measured)  # noqa: T201
    assert measured["errors"] == measured["jobs_lost"] == 0
    assert studio.is_flat(measured)
