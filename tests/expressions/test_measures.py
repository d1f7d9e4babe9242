import numpy as np
import pytest

from facewright.errors import InputError
from facewright.expressions.classifier import to_probabilities
from facewright.expressions.measures import fit_temperature, measure_error, measure_names


def draw_scores(count=4000, heat=1.0):
    """Labels drawn with exactly the probabilities that scores say."""
    rng = np.random.default_rng(0)
    scores = rng.normal(0, 1.5, (count, 7))
    shares = to_probabilities(scores)
    labels = np.array([rng.choice(7, p=row) for row in shares])
    return scores * heat, labels


def test_right_names_are_counted():
    scores = np.eye(7, dtype=np.float32)[[0, 0, 1, 3, 3, 3]] * 5
    measured = measure_names(scores, np.array([0, 1, 1, 3, 3, 6]))
    assert measured.accuracy == pytest.approx(4 / 6)
    assert measured.recall["disgust"] == 0.5
    assert measured.confusion[1].tolist() == [1, 1, 0, 0, 0, 0, 0]
    assert measured.confusion.sum() == measured.count == 6


def test_scores_without_labels_are_refused():
    with pytest.raises(InputError, match="do not fit"):
        measure_names(np.zeros((3, 7), np.float32), np.zeros(2, np.int64))


@pytest.mark.parametrize("heat", [0.5, 1.0, 2.5])
def test_the_temperature_undoes_too_much_certainty(heat):
    scores, labels = draw_scores(heat=heat)
    assert fit_temperature(scores, labels) == pytest.approx(heat, rel=0.08)


def test_calibrated_probabilities_are_as_right_as_they_are_sure():
    scores, labels = draw_scores()
    assert measure_error(to_probabilities(scores), labels) < 0.03
    assert measure_error(to_probabilities(scores * 4), labels) > 0.15
