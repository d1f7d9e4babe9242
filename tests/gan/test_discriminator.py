import pytest
import torch

from facewright.device import seeded
from facewright.errors import InputError
from facewright.gan.discriminator import Discriminator, DiscriminatorConfig, append_spread


def build(**changes) -> Discriminator:
    values = {"resolution": 16, "channel_base": 64, "channel_max": 8, "group_size": 2}
    return Discriminator(DiscriminatorConfig(**{**values, **changes}))


@pytest.mark.oracle
def test_scores_equal_the_reference(reference, distance):
    D, n = reference.D, reference.numbers
    with torch.no_grad():
        assert distance(D(n["img_const"]), n["D_logits_img_const"]) < 1e-5
        assert distance(D(n["D_in"]), n["D_out"]) < 1e-5
        assert distance(D(n["D_in"], dtype=torch.bfloat16), n["D_out"]) < 1e-2


@pytest.mark.parametrize("c_dim", [0, 3])
@pytest.mark.parametrize("architecture", ["resnet", "skip", "orig"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_every_architecture_scores_and_learns(architecture, c_dim, dtype, shake):
    D = shake(build(architecture=architecture, c_dim=c_dim))
    images = torch.randn(4, 3, 16, 16, generator=seeded(0))
    c = torch.eye(4)[:, :c_dim] if c_dim else None
    scores = D(images, c, dtype=dtype)
    assert (scores.shape, scores.dtype) == ((4, 1), torch.float32)
    scores.square().mean().backward()
    for name, parameter in D.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
        assert parameter.grad.any(), name


@pytest.mark.parametrize("architecture", ["resnet", "skip", "orig"])
@pytest.mark.parametrize("resolution", [8, 16, 32, 64, 128, 256, 512, 1024])
def test_every_resolution_builds(resolution, architecture):
    with torch.device("meta"):
        D = build(resolution=resolution, architecture=architecture)
        assert D.resolutions == [r for r in (1024, 512, 256, 128, 64, 32, 16, 8) if r <= resolution]
        assert D(torch.empty(2, 3, resolution, resolution)).shape == (2, 1)


def test_every_pixel_counts(shake):
    for architecture in ("resnet", "skip", "orig"):
        images = torch.zeros(1, 3, 16, 16, requires_grad=True)
        shake(build(architecture=architecture))(images).sum().backward()
        assert images.grad.abs().amin() > 0


def test_labels_matter(shake):
    D, images = shake(build(c_dim=2)), torch.randn(1, 3, 16, 16, generator=seeded(0))
    assert not torch.allclose(D(images, torch.eye(2)[:1]), D(images, torch.eye(2)[1:]))


def test_missing_labels_are_refused_with_a_hint():
    with pytest.raises(InputError, match="missing") as error:
        build(c_dim=2)(torch.zeros(2, 3, 16, 16))
    assert "conditional" in error.value.hint


@pytest.mark.parametrize("shape", [(2, 3, 32, 32), (2, 1, 16, 16), (3, 16, 16), (2, 3, 16, 8)])
def test_pictures_of_another_size_are_refused_with_a_hint(shape):
    with pytest.raises(InputError, match=r"pictures are \(n, 3, 16, 16\)") as error:
        build()(torch.zeros(shape))
    assert "resize" in error.value.hint


def test_spread_is_that_of_every_other_picture():
    x = torch.randn(6, 2, 4, 4, generator=seeded(0))
    y = append_spread(x, 3)
    assert torch.equal(y[:, :2], x)
    for start in (0, 1):  # pictures 0, 2, 4 and 1, 3, 5
        deviation = x[start::2].std(dim=0, correction=0).mean()
        torch.testing.assert_close(y[start::2, 2], deviation.expand(3, 4, 4))


def test_spread_of_equal_pictures_is_nothing():
    x = torch.randn(1, 2, 4, 4, generator=seeded(0)).expand(4, -1, -1, -1)
    assert float(append_spread(x, 4)[:, 2].max()) <= 1.01e-4


def test_spread_of_small_batches_takes_all():
    x = torch.randn(2, 2, 4, 4, generator=seeded(0))
    assert torch.equal(append_spread(x, 4), append_spread(x, 2))


def test_batches_that_make_no_groups_are_refused():
    with pytest.raises(InputError, match="6 is not a multiple of the group of 4"):
        append_spread(torch.zeros(6, 2, 4, 4), 4)


@pytest.mark.parametrize("architecture", ["resnet", "orig"])
def test_frozen_layers_keep_their_weights(architecture, shake):
    D = shake(build(architecture=architecture, freeze_layers=4))
    optimiser = torch.optim.Adam([p for p in D.parameters() if p.requires_grad], lr=0.1)
    before = {name: t.clone() for name, t in D.named_parameters()}
    D(torch.randn(2, 3, 16, 16, generator=seeded(0))).mean().backward()
    optimiser.step()
    kept = {name for name, t in D.named_parameters() if torch.equal(t, before[name])}
    layers = {name.rsplit(".", 1)[0] for name in kept}
    fourth = {"resnet": "b16.skip", "orig": "b8.conv0"}[architecture]
    assert layers == {"b16.fromrgb", "b16.conv0", "b16.conv1", fourth}


@pytest.mark.parametrize("resolution", [4, 24, 2048])
def test_resolutions_that_are_no_power_of_two_are_refused(resolution):
    with pytest.raises(InputError, match=f"power of two from 8 to 1024, not {resolution}"):
        DiscriminatorConfig(resolution)


def test_unknown_architectures_are_refused_with_the_known_ones():
    with pytest.raises(InputError, match="dense") as error:
        DiscriminatorConfig(16, architecture="dense")
    assert "resnet" in error.value.hint
