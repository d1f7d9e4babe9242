"""How fast is a face translated, beside the plain float32 path?"""

from __future__ import annotations

import copy

import torch

from benchmarks.timing import pick, report, time_beside
from facewright.convert.generators import Translator, TranslatorConfig
from facewright.device import pick_dtype, seeded

_SIZE = 256  # pixels


def main() -> None:
    """Measure the ResNet of 9 blocks and 64 filters, one picture at a time."""
    device = pick()
    dtype = pick_dtype(torch.device(device))
    plain = Translator(TranslatorConfig()).to(device).eval().requires_grad_(False)
    fast = copy.deepcopy(plain).to(dtype)
    x = torch.rand(1, 3, _SIZE, _SIZE, generator=seeded(0)).to(device) * 2 - 1

    @torch.inference_mode()
    def run_plain() -> torch.Tensor:
        return plain(x)

    @torch.inference_mode()
    def run_fast() -> torch.Tensor:
        return fast(x).float()

    seconds = time_beside({"ours": run_fast, "plain": run_plain}, device=device)
    report(
        "converting",
        size=_SIZE,
        device=device,
        threads=torch.get_num_threads(),
        precision=str(dtype).removeprefix("torch."),
        plain_ms=1000 * seconds["plain"],
        ours_ms=1000 * seconds["ours"],
        times_faster=seconds["plain"] / seconds["ours"],
        difference=float((run_fast() - run_plain()).abs().mean()),
    )


if __name__ == "__main__":
    main()
