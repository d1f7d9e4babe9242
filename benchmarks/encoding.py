"""How fast does an encoder see faces, beside the plain path? How long does a search step take?"""

from __future__ import annotations

import torch

from benchmarks.timing import pick, report, time_beside
from facewright.device import keep_memory, pick_dtype, seeded
from facewright.faces.similarity.features import load_face_features
from facewright.gan.weights import load_generator
from facewright.latents.encoder.psp import Encoder, EncoderConfig
from facewright.latents.encoder.quick import quicken
from facewright.latents.invert import compare_with
from facewright.pipelines.weights import open_weights

LAYERS = 18  # of a generator of 1024 pixels, as published


def main() -> None:
    """Measure the published encoder at 256 pixels, and a step of refinement with the starter."""
    device = pick()
    measure_encoder(device)
    measure_step(device)


def measure_encoder(device: str, batch: int = 1) -> None:
    """Compare the quick path with the plain one, float32 and channels first."""
    dtype = pick_dtype(torch.device(device))
    plain = build_encoder().to(device)
    ours = quicken(plain, dtype)
    x = (torch.rand(batch, 3, 256, 256, generator=seeded(0)) * 2 - 1).to(device)

    @torch.no_grad()
    def run(encoder: Encoder) -> torch.Tensor:
        return encoder(x)

    first = time_beside({"plain": lambda: run(plain)}, device=device)
    keep_memory()  # the plain path runs as a program that does not know about it, ours with it
    seconds = time_beside({"ours": lambda: run(ours), "plain": lambda: run(plain)}, device=device)
    offsets = run(plain) - plain.latent_avg
    report(
        "encoding",
        batch=batch,
        device=device,
        precision=str(dtype).removeprefix("torch."),
        plain_seconds=first["plain"],
        plain_kept_memory_seconds=seconds["plain"],
        ours_seconds=seconds["ours"],
        times_faster=first["plain"] / seconds["ours"],
        times_faster_with_kept_memory_on_both=seconds["plain"] / seconds["ours"],
        relative_difference=float((run(ours) - run(plain)).norm() / offsets.norm()),
    )


def measure_step(device: str) -> None:
    """Time one step of refinement: draw one face, compare it, go back."""
    generator = load_generator(open_weights("faces-128"), device)
    features = load_face_features(open_weights("face-features"), device)
    ws = generator.mapping.w_avg.expand(1, generator.num_ws, -1).clone().requires_grad_()
    target = torch.zeros(1, 3, 64, 64, device=device)
    measure = compare_with(target, features, 0.2)
    adam = torch.optim.Adam([ws])

    def step() -> None:
        adam.zero_grad()
        measure(generator.synthesis(ws)).sum().backward()
        adam.step()

    keep_memory()
    seconds = time_beside({"step": step}, rounds=25, device=device)
    report("refine", device=device, seconds_per_step=seconds["step"])


def build_encoder() -> Encoder:
    """Return the published network with random weights, and norms that have something to do."""
    encoder, rng = Encoder(EncoderConfig(LAYERS)), seeded(1)
    for module in encoder.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.copy_(torch.randn(module.running_mean.shape, generator=rng) * 0.1)
            module.running_var.copy_(torch.rand(module.running_var.shape, generator=rng) + 0.5)
    return encoder.eval().requires_grad_(requires_grad=False)


if __name__ == "__main__":
    main()
