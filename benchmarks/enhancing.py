"""How long does it take to enlarge a picture of 1024×1024 pixels twice? Beside plain float32.

The plain path computes the whole picture at once, float32, channels first. How good the results are
is measured by `recipes/enhancer`.
"""

from __future__ import annotations

import cv2
import numpy as np
import torch
from skimage.data import astronaut

from benchmarks.timing import pick, report, time_beside
from facewright.device import pick_dtype, to_images, to_tensor
from facewright.enhance.local import enlarge_plainly
from facewright.enhance.network import Enhancer, enlarge_image, load_enhancer
from facewright.pipelines.weights import open_weights
from facewright.types import Image


def main() -> None:
    """Time our path, the plain one, and bicubic interpolation."""
    device = pick()
    bundle = open_weights("enhance-x2")
    ours = load_enhancer(bundle, device, dtype=pick_dtype(torch.device(device)))
    plain = load_enhancer(bundle, device).to(memory_format=torch.contiguous_format)
    picture = np.ascontiguousarray(cv2.resize(astronaut(), (1024, 1024)))
    seconds = time_beside(
        {
            "plain": lambda: _enlarge_at_once(plain, picture),
            "ours": lambda: enlarge_image(ours, picture),
            "bicubic": lambda: enlarge_plainly(picture, 2),
        },
        device=device,
    )
    apart = enlarge_image(ours, picture).astype(int) - _enlarge_at_once(plain, picture)
    report(
        "enlarging 1024×1024 twice",
        unit="ms",
        threads=torch.get_num_threads(),
        faster=seconds["plain"] / seconds["ours"],
        most_levels_apart=int(np.abs(apart).max()),
        **{name: 1000 * value for name, value in seconds.items()},
    )


@torch.no_grad()
def _enlarge_at_once(enhancer: Enhancer, picture: Image) -> Image:
    """Enlarge a picture in one piece, float32."""
    device = next(enhancer.parameters()).device
    return to_images(enhancer(to_tensor(picture[None], device, torch.float32)))[0]


if __name__ == "__main__":
    main()
