"""A generated face goes onto a real photo, with the networks that ship with the package."""

import numpy as np
import pytest
from PIL import Image as Pillow
from skimage.data import astronaut

from facewright.faces.geometry.topology import five_points
from facewright.hub.cards import known_cards
from facewright.jobs.commands.photos.find import find_faces
from facewright.jobs.commands.photos.swap import SwapOptions, swap_faces
from facewright.media.decode import read_image
from facewright.provenance.publish import read_manifest

pytestmark = pytest.mark.skipif(
    not {"finder", "mesh", "generator"} <= {entry.card.kind for entry in known_cards().values()},
    reason="no networks that find faces ship with this version",
)
FACE = (slice(60, 185), slice(165, 280))
"""Rows and columns around the face of the astronaut."""
HEAD = (slice(30, 205), slice(140, 312))
"""Those around her head, which follows the outline of another face."""


@pytest.mark.usefixtures("unmarked")
def test_a_made_up_face_goes_onto_the_astronaut_and_only_there(tmp_path):
    Pillow.fromarray(astronaut()).save(tmp_path / "body.png")
    consent = "a work of NASA in the public domain"
    options = SwapOptions(
        seed=3, out=tmp_path / "out.png", faces="largest", consent=consent, device="cpu"
    )
    swapped = swap_faces([str(tmp_path / "body.png")], options=options)
    difference = np.abs(read_image(swapped.files[0]).astype(int) - astronaut()).max(-1)
    assert difference[FACE].mean() > 8
    difference[HEAD] = 0
    assert not difference.any()
    manifest = read_manifest(swapped.files[0])
    assert (manifest.seeds, manifest.consent) == ((3,), consent)
    assert {"faces-128", "face-finder", "face-mesh"} <= set(manifest.models)

    found = find_faces([str(tmp_path / "body.png"), str(swapped.files[0])])
    before, after = (five_points(picture.faces[0].points)[:, :2] for picture in found.pictures)
    assert np.linalg.norm(before - after, axis=1).max() < 6  # of 42 from eye to eye: pose stays
