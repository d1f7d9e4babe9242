"""How fast are faces drawn, beside the plain path and beside the processor's own limit?"""

from __future__ import annotations

import torch
from torch.nn import functional as F

from benchmarks.plain import draw_plainly
from benchmarks.timing import pick, report, time_beside
from facewright.device import keep_memory, pick_dtype, seeded
from facewright.gan.generator import Generator, GeneratorConfig
from facewright.gan.layers.basic import as_channels_last

CASES = ((64, 8), (256, 1), (1024, 1))  # resolution, batch
_PEAK_SHAPE = (1, 256, 128)  # batch, channels, size of the convolution that sets the limit


def main() -> None:
    """Measure each resolution with channel_base 32768."""
    device = pick()
    for resolution, batch in CASES:
        measure(resolution, batch, device)


def measure(resolution: int, batch: int, device: str) -> None:
    """Compare the fast path with the plain one and with the peak of convolutions."""
    dtype = pick_dtype(torch.device(device))
    generator = Generator(GeneratorConfig(resolution, channel_base=32768)).to(device)
    with torch.no_grad():
        for name, parameter in generator.named_parameters():
            if name.endswith("noise_strength"):
                parameter.fill_(0.1)
    z = torch.randn(batch, 512, generator=seeded(0)).to(device)
    ws = generator.freeze().map_to_w(z)
    x, w, operations = _peak_convolution(dtype, device)

    @torch.no_grad()
    def ours() -> torch.Tensor:
        return generator.synthesis(ws, dtype=dtype)

    @torch.no_grad()
    def peak() -> torch.Tensor:
        return F.conv2d(x, w, padding=1)

    plain_first = time_beside({"plain": lambda: draw_plainly(generator, ws)}, device=device)
    keep_memory()  # the plain path runs as a program that does not know about it, ours with it
    seconds = time_beside(
        {"ours": ours, "peak": peak, "plain": lambda: draw_plainly(generator, ws)}, device=device
    )
    work = count_operations(generator) * batch
    report(
        "synthesis",
        resolution=resolution,
        batch=batch,
        device=device,
        precision=str(dtype).removeprefix("torch."),
        plain_images_per_s=batch / plain_first["plain"],
        plain_kept_memory_images_per_s=batch / seconds["plain"],
        ours_images_per_s=batch / seconds["ours"],
        times_faster=plain_first["plain"] / seconds["ours"],
        times_faster_with_kept_memory_on_both=seconds["plain"] / seconds["ours"],
        share_of_convolution_peak=(work / seconds["ours"]) / (operations / seconds["peak"]),
        psnr_db=psnr(ours(), draw_plainly(generator, ws)),
    )


def count_operations(generator: Generator) -> int:
    """Return the floating point operations of the 3×3 and 1×1 convolutions for one picture."""
    total = 0
    for name, module in generator.synthesis.named_modules():
        if name.endswith(("conv0", "conv1")):
            outputs, inputs, k, _ = module.weight.shape
            total += 2 * outputs * inputs * k * k * (module.resolution // module.up) ** 2
        if name.endswith("torgb"):
            resolution = int(name.split(".")[0][1:])
            total += 2 * module.weight.numel() * resolution**2
    return total


def psnr(a: torch.Tensor, b: torch.Tensor) -> float:
    """Return how near two pictures are after rounding to 8 bits, in dB."""
    a, b = ((x * 127.5 + 128).clamp(0, 255).floor().double() for x in (a, b))
    return float(10 * torch.log10(255**2 / (a - b).square().mean().clamp_min(1e-9)))


def _peak_convolution(dtype: torch.dtype, device: str) -> tuple[torch.Tensor, torch.Tensor, int]:
    n, c, size = _PEAK_SHAPE
    x = torch.randn(n, c, size, size, generator=seeded(1)).to(device, dtype)
    w = torch.randn(c, c, 3, 3, generator=seeded(2)).to(device, dtype)
    return as_channels_last(x), as_channels_last(w), 2 * n * c * c * 9 * size * size


if __name__ == "__main__":
    main()
