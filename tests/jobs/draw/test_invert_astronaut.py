"""A real photo is inverted with the networks that ship with the package."""

from PIL import Image as Pillow
from skimage.data import astronaut

from facewright.jobs.commands.draw.invert import InvertOptions, invert_photos


def test_the_astronaut_is_found_again(tmp_path):
    Pillow.fromarray(astronaut()).save(tmp_path / "photo.png")
    options = InvertOptions(
        out=tmp_path / "astronaut.latents",
        refine=25,
        consent="a work of NASA in the public domain",
        device="cpu",
    )
    found = invert_photos([str(tmp_path / "photo.png")], options=options)
    encoded, refined = found.pictures[0].measurements["stages"]
    assert encoded["stage"] == "encoded"
    assert encoded["rmse"] < 55  # the average face: 75
    assert refined["rmse"] < 0.8 * encoded["rmse"]
    assert refined["likeness"] > 0.6
