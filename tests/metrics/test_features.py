import math
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from facewright.errors import InputError, WeightsError
from facewright.hub.cards import known_cards
from facewright.metrics.compare import (
    compare_features,
    compare_originality,
    compare_textures,
    name_frechet,
    name_kernel,
)
from facewright.metrics.features import extract_features
from facewright.metrics.inception import (
    NAME,
    InceptionV3,
    load_inception,
    resize_as_tensorflow,
)
from facewright.metrics.smoothness import perceptual_path_length

CPU = torch.device("cpu")


class Means(nn.Module):
    """The mean of each channel of each quarter."""

    name = "means"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.adaptive_avg_pool2d(x, 2).flatten(1)


def make_pictures(seed: int, count: int = 12) -> np.ndarray:
    rng = torch.Generator().manual_seed(seed)
    return torch.randint(256, (count, 16, 16, 3), generator=rng, dtype=torch.uint8).numpy()


def test_batches_do_not_matter_to_features():
    images = make_pictures(0, 7)
    whole = extract_features(Means(), images, CPU)
    assert whole.shape == (7, 12)
    torch.testing.assert_close(extract_features(Means(), images, CPU, batch=3), whole)


def test_only_one_network_measures_the_fid():
    assert name_frechet("inception-2015-12-05") == "FID"
    assert name_kernel("inception-2015-12-05") == "KID"
    found = compare_features(make_pictures(0), make_pictures(1), Means(), CPU, rng=_rng())
    assert set(found) == {
        "Fréchet distance in means features",
        "kernel distance in means features",
        "precision",
        "recall",
    }


def test_pictures_compare_without_a_network():
    images = make_pictures(0)
    found = compare_textures(images, images, rng=_rng())
    assert found["SWD"] == found["SWD 16"] == 0
    found = compare_originality(images, [images], images, np.arange(len(images)))
    assert found == {"memorisation": 1, "near copies": 1}


def test_catalog_knows_where_the_weights_are():
    entry = known_cards()[NAME]
    assert entry.hidden
    assert Path(entry.url).stem.endswith(entry.card.sha256[:8])


def test_network_has_the_published_parameters():
    with torch.device("meta"):
        network = InceptionV3()
    assert sum(p.numel() for p in network.parameters()) == 21_785_568
    state = network.state_dict()
    assert state["Conv2d_1a_3x3.conv.weight"].shape == (32, 3, 3, 3)
    assert state["Mixed_6b.branch7x7dbl_5.conv.weight"].shape == (192, 128, 1, 7)
    assert state["Mixed_7c.branch3x3dbl_3b.conv.weight"].shape == (384, 384, 3, 1)
    assert network(torch.zeros(2, 3, 64, 64, device="meta")).shape == (2, 2048)


@pytest.mark.parametrize("kind", ["safetensors", "pth"])
def test_other_weights_load_under_another_name(tmp_path: Path, kind: str):
    with torch.device("meta"):
        shapes = InceptionV3().state_dict()
    state = {name: torch.zeros(x.shape, dtype=x.dtype) for name, x in shapes.items()}
    state |= {name: torch.ones_like(x) for name, x in state.items() if "var" in name}
    state |= {"Mixed_7c.branch1x1.bn.bias": torch.full((320,), 2.0), "fc.weight": torch.zeros(8)}
    path = tmp_path / f"other.{kind}"
    save_file(state, path) if kind == "safetensors" else torch.save(state, path)
    network = load_inception(path, CPU)
    assert network.name.startswith("other (")
    features = network(torch.zeros(1, 3, 32, 32))[0]
    assert features[:320].tolist() == [2] * 320
    assert features[320:].count_nonzero() == 0
    with pytest.raises(WeightsError, match="sha256"):
        load_inception(path, CPU, sha256="0" * 64)


def test_files_that_are_no_weights_are_refused(tmp_path: Path):
    for name in ("x.pth", "x.safetensors"):
        (tmp_path / name).write_bytes(b"nothing of use")
        with pytest.raises(WeightsError):
            load_inception(tmp_path / name, CPU)
    torch.save([1], tmp_path / "list.pth")
    save_file({"a": torch.zeros(1)}, tmp_path / "few.safetensors")
    torch.save({"f": Path}, tmp_path / "code.pth")
    for name in ("list.pth", "few.safetensors", "code.pth", "missing.pth"):
        with pytest.raises(WeightsError):
            load_inception(tmp_path / name, CPU)


def test_resizing_follows_the_corners():
    x = torch.tensor([[0.0, 1.0], [2.0, 3.0]]).expand(1, 3, 2, 2)
    big = resize_as_tensorflow(x, 4)[0, 0]
    assert big[0].tolist() == [0, 0.5, 1, 1]
    assert big[:, 0].tolist() == [0, 1, 2, 2]
    assert torch.equal(resize_as_tensorflow(x, 2), x)


def paint(latents: torch.Tensor) -> torch.Tensor:
    """Latents (b, 3) → one colour."""
    return latents[:, :, None, None].expand(-1, -1, 4, 4)


def test_path_length_of_a_straight_line_is_its_square():
    pairs = torch.zeros(40, 2, 3, dtype=torch.float64)
    pairs[:, 1] = torch.tensor([0.3, 0.4, 0.0])
    found = perceptual_path_length(paint, Means(), pairs, rng=_rng())
    assert found == pytest.approx(4 * 0.25, rel=1e-6)  # four quarters of the picture


def test_outliers_do_not_count():
    pairs = torch.zeros(200, 2, 3, dtype=torch.float64)
    pairs[:, 1, 0] = 0.5
    pairs[7, 1, 0] = 500
    found = perceptual_path_length(paint, Means(), pairs, rng=_rng())
    assert found == pytest.approx(4 * 0.25, rel=1e-6)


def test_path_length_of_an_arc_is_its_angle():
    pairs = torch.tensor([[[5.0, 0, 0], [0, 2.0, 0]]]).double().repeat(20, 1, 1)
    found = perceptual_path_length(paint, Means(), pairs, rng=_rng(), space="z", epsilon=1e-3)
    assert found == pytest.approx(4 * (math.pi / 2) ** 2, rel=1e-4)


def test_pairs_must_be_pairs():
    with pytest.raises(InputError, match="pairs"):
        perceptual_path_length(paint, Means(), torch.zeros(4, 3), rng=_rng())


def _rng() -> torch.Generator:
    return torch.Generator().manual_seed(0)
