import pytest
import torch

from facewright.device import seeded
from facewright.gan.layers.quality import (
    LEVELS,
    MOST_REJECTED,
    QualityScorer,
    ScorerTensors,
    score_styles,
)

TABLE = torch.stack([torch.linspace(0, 0.9, LEVELS), torch.linspace(10, 19, LEVELS)])


def build() -> QualityScorer:
    hidden, output = torch.tensor([[1.0], [2], [0]]), torch.tensor([1.0, 0, 0, 0])
    return QualityScorer(((0, 2),), ScorerTensors(hidden, output, TABLE), 0.2)


def test_scores_come_from_what_is_seen_its_size_and_its_square():
    assert build()(torch.tensor([[1.0, 1], [0, -1]])).tolist() == [3, -2]
    hidden = torch.tensor([[1.0], [0], [-1]])  # w0 - 1
    w = torch.tensor([[3.0, 7], [-2, 7]])
    size = score_styles(w, hidden, torch.tensor([0.0, 1, 0, 0]))
    square = score_styles(w, hidden, torch.tensor([0.0, 0, 1, 5]))
    assert (size.tolist(), square.tolist()) == ([2, 3], [9, 14])


@pytest.mark.parametrize("share", [0.0, 0.2, 0.33, MOST_REJECTED])
def test_each_group_has_its_own_threshold(share):
    found = build().threshold(torch.tensor([[1.0, 0], [0, 1], [0.5, 0.5]]), share)
    both = torch.tensor([share, 10 + 10 * share])
    torch.testing.assert_close(found, torch.cat([both, both.mean()[None]]))


def test_a_network_without_labels_has_one_threshold():
    scorer = QualityScorer((), ScorerTensors(torch.zeros(3, 1), torch.zeros(4), TABLE[:1]), 0.2)
    found = scorer.threshold(torch.zeros(2, 0), 0.45)
    torch.testing.assert_close(found, torch.full((2,), 0.45))


def test_a_share_of_the_scores_is_below_its_quantile():
    scores = torch.randn(2000, generator=seeded(0))
    table = scores.quantile(torch.linspace(0, MOST_REJECTED, LEVELS))[None]
    scorer = QualityScorer((), ScorerTensors(torch.zeros(3, 1), torch.zeros(4), table), 0.2)
    below = (scores < scorer.threshold(torch.zeros(1, 0), 0.2)).float().mean()
    assert below.item() == pytest.approx(0.2, abs=0.01)
