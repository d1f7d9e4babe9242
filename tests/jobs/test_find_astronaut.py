"""What the networks that ship with the package see in a real photo."""

import numpy as np
import pytest
from PIL import Image as Pillow
from skimage.data import astronaut

from facewright.faces.geometry.topology import five_points
from facewright.hub.cards import known_cards
from facewright.jobs.commands.photos.find import FindOptions, find_faces

FIVE = ((203.8, 101.8), (245.9, 104.1), (223.1, 125.3), (201.3, 138.7), (244.5, 140.5))
"""Where MediaPipe 0.10.21 has eyes, nose and mouth, in pixels."""


@pytest.mark.skipif(
    not {"finder", "mesh"} <= {entry.card.kind for entry in known_cards().values()},
    reason="no networks that find faces ship with this version",
)
def test_the_astronaut_is_found_and_looks_into_the_camera(tmp_path):
    Pillow.fromarray(astronaut()).save(tmp_path / "astronaut.png")
    options = FindOptions(out=tmp_path / "found.png", draw="mesh", device="cpu")
    found = find_faces([str(tmp_path / "astronaut.png")], options=options)
    (face,) = found.pictures[0].faces
    gaps = np.linalg.norm(five_points(face.points)[:, :2] - FIVE, axis=1)
    assert gaps.max() < 0.1 * 42.2  # a tenth of the way from eye to eye
    assert [face.yaw, face.pitch, face.roll] == pytest.approx([-0.7, -3.2, 3.1], abs=8)
    assert (tmp_path / "found.png").is_file()
