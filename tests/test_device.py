import platform
import sys

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from facewright.device import (
    _container_memory,
    configure_cuda,
    free_memory,
    has_fast_bfloat16,
    keep_memory,
    name_device,
    pick_device,
    pick_dtype,
    seeded,
    to_images,
    to_tensor,
)
from facewright.errors import InputError

CPU = torch.device("cpu")


def test_the_processor_is_always_there():
    assert pick_device("cpu") == CPU
    assert pick_device().type in {"cpu", "cuda"}


@pytest.mark.parametrize("name", ["", "gpu", "cuda:x", "mps", "meta", "cuda:99"])
def test_devices_that_cannot_be_used_are_refused_with_a_hint(name):
    with pytest.raises(InputError) as error:
        pick_device(name)
    assert error.value.hint


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_missing_gpu_says_what_to_do():
    assert pick_device() == CPU
    with pytest.raises(InputError, match="no CUDA device") as error:
        pick_device("cuda")
    assert "doctor" in error.value.hint


def test_the_automatic_precision_is_what_the_processor_is_good_at():
    expected = torch.bfloat16 if has_fast_bfloat16(CPU) else torch.float32
    assert pick_dtype(CPU) == expected


def test_precisions_are_picked_by_name():
    assert pick_dtype(CPU, "float32") == torch.float32
    assert pick_dtype(CPU, "bfloat16") == torch.bfloat16
    assert pick_dtype(torch.device("cuda"), "float16") == torch.float16


def test_half_precision_never_runs_on_a_processor():
    with pytest.raises(InputError, match="float16") as error:
        pick_dtype(CPU, "float16")
    assert "bfloat16" in error.value.hint


def test_unknown_precisions_are_refused_with_the_known_ones():
    with pytest.raises(InputError, match="float8") as error:
        pick_dtype(CPU, "float8")
    assert "bfloat16" in error.value.hint


def test_seeds_repeat_and_leave_the_global_state_alone():
    before = torch.random.get_rng_state()
    one, again, other = (torch.randn(4, generator=seeded(seed)) for seed in (1, 1, 2))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)
    assert torch.equal(torch.random.get_rng_state(), before)


@given(st.integers(0, 2**32))
def test_images_undo_tensors(seed):
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (2, 3, 4, 3), np.uint8)
    x = to_tensor(images, CPU, torch.float32)
    assert x.shape == (2, 3, 3, 4)
    assert -1 <= float(x.min()) <= float(x.max()) <= 1
    assert np.array_equal(to_images(x), images)


def test_every_level_survives_the_way_there_and_back():
    levels = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1).repeat(3, axis=3)
    assert np.array_equal(to_images(to_tensor(levels, CPU, torch.float32)), levels)


def test_black_is_minus_one_and_white_is_one():
    ends = np.array([0, 255], np.uint8).reshape(1, 1, 2, 1).repeat(3, axis=3)
    assert to_tensor(ends, CPU, torch.float32)[0, 0, 0].tolist() == [-1, 1]


def test_values_beyond_the_range_are_clipped():
    x = torch.tensor([-9.0, -1, 0, 1, 9]).reshape(1, 1, 1, 5).expand(1, 3, 1, 5)
    images = to_images(x.clone().requires_grad_())
    assert images[0, 0, :, 0].tolist() == [0, 0, 128, 255, 255]
    assert images.flags.c_contiguous


def test_other_number_formats_become_pictures_too():
    x = torch.zeros(1, 3, 2, 2, dtype=torch.bfloat16)
    assert (to_images(x) == 128).all()
    assert to_tensor(to_images(x), CPU, torch.bfloat16).dtype == torch.bfloat16


def test_flipped_pictures_become_tensors():
    images = np.arange(24, dtype=np.uint8).reshape(1, 2, 4, 3)[:, :, ::-1]
    assert np.array_equal(to_images(to_tensor(images, CPU, torch.float32)), images)


def test_there_is_memory():
    assert free_memory(CPU) > 1 << 20


@pytest.mark.parametrize(
    ("limit", "expected"), [("max\n", sys.maxsize), ("5000\n", 3000), ("1000\n", 0)]
)
def test_container_leaves_what_its_limit_says(tmp_path, limit, expected):
    (tmp_path / "memory.max").write_text(limit)
    (tmp_path / "memory.current").write_text("2000\n")
    assert _container_memory(tmp_path) == expected
    assert _container_memory(tmp_path / "none") == sys.maxsize


def test_glibc_is_told_to_keep_blocks():
    assert keep_memory() == (platform.libc_ver()[0] == "glibc")


@pytest.fixture
def backends():
    cudnn, matmul = torch.backends.cudnn, torch.backends.cuda.matmul
    before = cudnn.allow_tf32, cudnn.deterministic, cudnn.benchmark, matmul.allow_tf32
    yield cudnn, matmul
    cudnn.allow_tf32, cudnn.deterministic, cudnn.benchmark, matmul.allow_tf32 = before


@pytest.mark.parametrize("repeatable", [False, True])
def test_gpu_computes_float32_as_float32(backends, repeatable):
    cudnn, matmul = backends
    cudnn.allow_tf32 = matmul.allow_tf32 = True
    cudnn.deterministic = False
    configure_cuda(CPU, repeatable=True)
    assert (cudnn.allow_tf32, matmul.allow_tf32, cudnn.deterministic) == (True, True, False)
    configure_cuda(torch.device("cuda"), repeatable=repeatable)
    assert (cudnn.allow_tf32, matmul.allow_tf32) == (False, False)
    assert cudnn.deterministic == repeatable


def test_processor_goes_by_its_type():
    assert name_device(CPU) == "cpu"


@pytest.mark.gpu
def test_gpu_goes_by_its_name():
    assert name_device(torch.device("cuda")) == f"cuda: {torch.cuda.get_device_name()}"
