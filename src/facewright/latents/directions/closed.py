"""Find directions from the weights of a generator alone (SeFa)."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from facewright.errors import InputError
from facewright.gan.generator import Generator
from facewright.gan.layers.basic import FullyConnected
from facewright.gan.layers.styled import SynthesisLayer, ToRGB
from facewright.gan.stylegan1.networks import AdaptiveLayer
from facewright.gan.weights import NO_LABELS, LabelTable
from facewright.latents.sample import draw_latents

_PEOPLE = 1000


@torch.no_grad()
def find_closed_directions(
    generator: Generator, layers: Sequence[int], *, labels: LabelTable = NO_LABELS
) -> torch.Tensor:
    """Return the directions in w that change the output of some layers most.

    They are the eigenvectors of AᵀA with the largest eigenvalues, where A holds the weights by
    which those layers turn w into styles (Shen & Zhou 2021, "Closed-form factorization of latent
    semantics in GANs", equation 6). Their meaning is unknown until pictures are compared.

    Args:
        generator: On any device.
        layers: The layers to take into account, counted from 0; the directions are for these.
        labels: The labels that the generator knows.

    Returns:
        (w_dim, w_dim), one direction per row, the strongest first. The length of each is the
        standard deviation of w along it, over random latents; its largest entry is positive.

    Raises:
        InputError: There are no layers, or one does not exist.
    """
    if not layers or not 0 <= min(layers) <= max(layers) < generator.num_ws:
        raise InputError(f"layers are 0 to {generator.num_ws - 1}, not {list(layers)}")
    weights = list_style_weights(generator)
    stacked = torch.cat([weights[layer] for layer in layers]).double().cpu()  # [styles w_dim]
    _, vectors = torch.linalg.eigh(stacked.T @ stacked)
    directions = vectors.T.flip(0)  # [w_dim w_dim]
    largest = directions.gather(1, directions.abs().argmax(1, keepdim=True))
    directions = directions * largest.sign()
    along = _sample_styles(generator, labels).double() @ directions.T  # [people w_dim]
    return (directions * along.std(0)[:, None]).float()


def list_style_weights(generator: Generator) -> list[torch.Tensor]:
    """Return the matrices from w to the styles of each layer, (styles, w_dim) each.

    A factor that all styles of a layer share is left out where demodulation cancels it. The rest is
    relative to the average styles.

    Args:
        generator: On any device.
    """
    found, average = [], generator.mapping.w_avg[None]
    for module in generator.synthesis.modules():
        if not isinstance(module, SynthesisLayer | AdaptiveLayer):
            continue
        weight = _weigh(module.affine)
        styles = module.affine(average)[0]  # [styles]
        if isinstance(module, SynthesisLayer):
            weight = weight - styles[:, None] * (styles @ weight) / (styles @ styles)
        found.append(weight / styles.norm())
    if len(found) < generator.num_ws:  # the last style vector of StyleGAN2 drives colours alone
        last = [m.affine for m in generator.synthesis.modules() if isinstance(m, ToRGB)][-1]
        found.append(_weigh(last) / last(average).norm())
    return found


def _weigh(layer: FullyConnected) -> torch.Tensor:
    """Return the weights of a layer with its gain applied."""
    return layer.weight.detach() * layer.weight_gain


def _sample_styles(generator: Generator, labels: LabelTable) -> torch.Tensor:
    """Return w of random latents, (people, w_dim), on the CPU."""
    device = generator.mapping.w_avg.device
    z, c = draw_latents(generator.config, range(_PEOPLE), labels=labels)
    return generator.mapping(z.to(device), c.to(device)).cpu()
