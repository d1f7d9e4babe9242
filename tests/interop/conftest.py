"""Files in the layouts of other projects, written here from tiny networks."""

from __future__ import annotations

import argparse
import contextlib
import io
import pickle
import sys
import types
from collections import OrderedDict

import numpy as np
import pytest
import torch

from facewright.gan.generator import Generator
from facewright.interop.layouts.rosinality import to_rosinality


class EasyDict(dict):
    pass


class Network:
    """A network of TensorFlow, as its pickles hold it."""


def _reconstruct_persistent_obj(meta):
    raise AssertionError(f"this must never be called: {meta}")


class Persistent:
    """A module of StyleGAN2-ADA, which pickles its own source code with it."""

    def __init__(self, state, source):
        self.state, self.source = state, source

    def __reduce__(self):
        meta = EasyDict(
            type="class",
            version=6,
            module_src=self.source,
            class_name="Generator",
            state=self.state,
        )
        return _reconstruct_persistent_obj, (meta,), None


PLACES = {
    "dnnlib": [],
    "dnnlib.tflib": [],
    "torch_utils": [],
    "dnnlib.util": [EasyDict],
    "dnnlib.tflib.network": [Network],
    "torch_utils.persistence": [_reconstruct_persistent_obj],
}


@contextlib.contextmanager
def disguised():
    """Let the classes above pass for those of the projects while they are pickled."""
    before = {name: sys.modules.get(name) for name in PLACES}
    for name, things in PLACES.items():
        sys.modules[name] = types.ModuleType(name)
        for thing in things:
            thing.__module__ = name
            setattr(sys.modules[name], thing.__name__, thing)
    try:
        yield
    finally:
        for name, module in before.items():
            del sys.modules[name]
            if module is not None:
                sys.modules[name] = module


def as_modules(tensors, source, **settings):
    """Return tensors by dotted name as modules in modules."""
    parameters, buffers, inner = OrderedDict(), OrderedDict(), OrderedDict()
    for name, tensor in tensors.items():
        first, _, rest = name.partition(".")
        if rest:
            inner.setdefault(first, {})[rest] = tensor
        elif first in ("w_avg", "noise_const", "resample_filter"):
            buffers[first] = tensor
        else:
            parameters[first] = torch.nn.Parameter(tensor)
    modules = OrderedDict(
        (name, as_modules(part, source, **settings)) for name, part in inner.items()
    )
    state = {"_parameters": parameters, "_buffers": buffers, "_modules": modules, "training": False}
    return Persistent(state | {"_init_kwargs": EasyDict(), **settings}, source)


def write_ada(generator, source="", protocol=4, settings=None, **extra):
    tensors = dict(generator.state_dict())
    tensors["synthesis.b8.resample_filter"] = generator.synthesis.b8.resample_filter
    network = as_modules(
        tensors, source, conv_clamp=generator.config.conv_clamp, **(settings or {})
    )
    with disguised():
        return pickle.dumps({"G": None, "G_ema": network, **extra}, protocol)


def tensorflow_variables(generator):
    """Return the arrays of a generator by the names and in the shapes of TensorFlow."""
    found = {"dlatent_avg": generator.mapping.w_avg}
    for i in range(generator.config.mapping_layers):
        layer = generator.mapping.get_submodule(f"fc{i}")
        found[f"mapping/Dense{i}/weight"] = layer.weight.t()
        found[f"mapping/Dense{i}/bias"] = layer.bias
    for resolution in generator.synthesis.resolutions:
        block = generator.synthesis.get_submodule(f"b{resolution}")
        base = f"synthesis/{resolution}x{resolution}"
        names = {"conv1": "Conv1", "conv0": "Conv0_up", "torgb": "ToRGB"}
        if resolution == 4:
            found[f"{base}/Const/const"] = block.const[None]
            names = {"conv1": "Conv", "torgb": "ToRGB"}
        for ours, theirs in names.items():
            layer = block.get_submodule(ours)
            turned = layer.weight.flip(2, 3) if ours == "conv0" else layer.weight
            found[f"{base}/{theirs}/weight"] = turned.permute(2, 3, 1, 0)
            found[f"{base}/{theirs}/bias"] = layer.bias
            found[f"{base}/{theirs}/mod_weight"] = layer.affine.weight.t()
            found[f"{base}/{theirs}/mod_bias"] = layer.affine.bias - 1
            if ours != "torgb":
                found[f"{base}/{theirs}/noise_strength"] = layer.noise_strength
                number = 2 * resolution.bit_length() - (6 if ours == "conv1" else 7)
                found[f"synthesis/noise{number}"] = layer.noise_const[None, None]
    return {name: tensor.detach().numpy() for name, tensor in found.items()}


def write_tensorflow(generator, protocol=4, **options):
    variables = tensorflow_variables(generator)

    def build(prefix, components):
        network = Network()
        own = [(k.removeprefix(prefix), v) for k, v in variables.items() if k.startswith(prefix)]
        own = own if prefix else [(k, v) for k, v in own if "/" not in k]
        network.__dict__ |= {
            "version": 4,
            "name": "G",
            "static_kwargs": EasyDict(options),
            "components": EasyDict(components),
            "build_module_src": "raise SystemExit('this must never run')",
            "build_func_name": "G_main",
            "variables": own,
        }
        return network

    parts = {name: build(f"{name}/", {}) for name in ("mapping", "synthesis")}
    networks = (build("", parts), Network(), build("", parts))
    with disguised():
        return pickle.dumps(networks, protocol)


def write_torch(value, *, zipped=True):
    buffer = io.BytesIO()
    torch.save(value, buffer, _use_new_zipfile_serialization=zipped)
    return buffer.getvalue()


def write_rosinality(generator, *, zipped=True, **extra):
    tensors = to_rosinality(generator.config, generator.state_dict())
    average = generator.mapping.w_avg
    return write_torch({"g_ema": tensors, "latent_avg": average, **extra}, zipped=zipped)


def write_psp(generator):
    decoder = to_rosinality(generator.config, generator.state_dict())
    state = OrderedDict((f"decoder.{name}", tensor) for name, tensor in decoder.items())
    state["encoder.input_layer.0.weight"] = torch.ones(4, 3, 3, 3)
    average = generator.mapping.w_avg.expand(generator.num_ws, -1)
    options = argparse.Namespace(encoder_type="GradualStyleEncoder", output_size=16, device="cuda")
    return write_torch({"state_dict": state, "latent_avg": average, "opts": options})


def write_keras(path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = '{"class_name": "Model", "config": {"layers": []}}'
        group = file.create_group("model_weights")
        group["conv2d_1/conv2d_1_1/kernel:0"] = np.arange(54, dtype=np.float32).reshape(3, 3, 1, 6)
        group["dense_1/dense_1/bias:0"] = np.ones(7, np.float64)
    return path.read_bytes()


@pytest.fixture(scope="session")
def writers():
    """What writes a generator in the layout of another project: name → function to bytes."""
    return {
        "stylegan2": write_ada,
        "stylegan2-tensorflow": write_tensorflow,
        "rosinality": write_rosinality,
        "psp": write_psp,
        "torch": write_torch,
        "keras": write_keras,
    }


@pytest.fixture
def small(tiny_config, shake) -> Generator:
    """A generator of 16 pixels whose every tensor matters; z and w have the same size."""
    return shake(Generator(tiny_config())).eval().requires_grad_(False)


@pytest.fixture
def disguise():
    """What lets the classes of this file pass for those of the projects."""
    return disguised
