"""Against Keras's own numbers."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from facewright.device import seeded
from facewright.errors import WeightsError
from facewright.expressions.classifier import load_classifier, read_keras, score_crops
from facewright.expressions.xception import _Module, from_keras
from facewright.interop.read import read_checkpoint


@pytest.fixture(scope="module")
def published(oracles):
    pytest.importorskip("h5py")
    file = "fer2013_mini_XCEPTION.102-0.66.hdf5"
    return read_checkpoint(Path(oracles, file)).parts["keras"]


@pytest.mark.oracle
def test_the_published_network_says_what_keras_says(published, oracles):
    known = np.load(oracles / "minixception.npz")
    faces = torch.from_numpy(known["emotion_mini_in_u8"]).permute(0, 3, 1, 2)  # [8 1 64 64]
    with torch.no_grad():
        shares = from_keras(published.tensors, 64)(faces.float() / 127.5 - 1).softmax(1)
    np.testing.assert_allclose(shares.numpy(), known["emotion_mini_out"], atol=5e-6)


@pytest.mark.oracle
def test_the_published_network_becomes_a_classifier(published, oracles):
    classifier = load_classifier(read_keras(published))
    assert classifier.size == 64
    faces = np.load(oracles / "minixception.npz")["emotion_mini_in_u8"][..., 0]
    assert score_crops(classifier, faces).shape == (8, 7)


@pytest.mark.oracle
def test_a_model_that_lacks_a_layer_is_refused(published):
    tensors = {k: v for k, v in published.tensors.items() if not k.startswith("conv2d_2/")}
    with pytest.raises(WeightsError, match="not a mini-Xception as it was published"):
        from_keras(tensors, 64)


@pytest.mark.parametrize("size", [60, 92, 93])
def test_every_second_pixel_is_carried_and_its_gradients_stay_in_their_memory(size):
    module = _Module(8, 16).to(memory_format=torch.channels_last)
    x = torch.randn(2, 8, size, size, generator=seeded(0)).requires_grad_()
    carry = module.carry
    strided = functional.conv2d(x, carry.conv.weight, carry.conv.bias, stride=2)
    torch.testing.assert_close(carry.conv(x[:, :, ::2, ::2]), strided, rtol=0, atol=1e-5)
    module(x).square().mean().backward()  # of which a process once died
    assert x.grad.shape == x.shape
