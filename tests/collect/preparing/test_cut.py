"""Faces are cut out upright, with as many pixels as there are; what is not has a reason."""

import zlib
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image as Pillow
from tests.collect.drawn_faces import BlockDetector, draw_scene, encode, place_face

from facewright.collect.preparing.candidates import Wanted
from facewright.collect.preparing.choose import QualityLimits
from facewright.collect.preparing.cut import EXAMPLE, Bench, cut_faces
from facewright.collect.preparing.originals import OriginalReader, list_originals
from facewright.faces.align import align
from facewright.media.decode import read_image
from facewright.provenance.publish import read_manifest
from facewright.types import Manifest


@pytest.fixture
def cut(tmp_path):
    """Cut the faces out of files; return the results by name."""
    folder = tmp_path / "photos"

    def run(files, *, size=32, extension=".png", face_detector=None, **limits):
        folder.mkdir(exist_ok=True)
        for name, data in files.items():
            (folder / name).write_bytes(data)
        limits = QualityLimits(**{"outside": 0, **limits})
        bench = Bench(
            OriginalReader(folder),
            face_detector or BlockDetector(),
            Wanted(template="tight", size=size, limits=limits),
            Manifest("prepare", {"size": size}, version="1"),
            extension,
        )
        originals = list_originals(folder, consent="they agreed").originals
        return dict(zip((o.file for o in originals), cut_faces(originals, bench), strict=True))

    return run


def reasons(result):
    return [piece.reason for piece in result.pieces]


def test_a_crop_is_what_align_makes_of_the_whole_picture(cut):
    image = draw_scene((30, 20, 40))
    (piece,) = cut({"a.png": encode(image)})["a.png"].pieces
    expected = align(image, place_face(30, 20, 40).points, template="tight", size=32).image
    assert piece.reason == ""
    assert np.abs(read_image(piece.data).astype(int) - expected).mean() < 12  # a pixel off at most
    assert piece.facts["yaw"] == pytest.approx(0, abs=0.1)
    assert (piece.facts["chosen"], piece.facts["faces"]) == (1, 1)


def test_a_crop_says_what_it_was_cut_out_of(cut, tmp_path):
    result = cut({"a.png": encode(draw_scene((30, 20, 40)))})["a.png"]
    (tmp_path / "crop.png").write_bytes(result.pieces[0].data)
    manifest = read_manifest(tmp_path / "crop.png")
    assert manifest.sources == {"a.png": result.sha256}
    assert (manifest.task, manifest.consent) == ("prepare", "they agreed")
    assert manifest.parameters == {"size": 32, "face": 0}


def test_the_matrix_of_a_crop_leads_back_into_the_whole_picture(cut):
    data = encode(draw_scene((900, 500, 200), size=(1600, 1200)), "JPEG", quality=95)
    (piece,) = cut({"a.jpg": data}, outside=0.5)["a.jpg"].pieces
    matrix = np.array(piece.facts["matrix"])
    middle = np.linalg.solve(matrix[:, :2], np.array([15.5, 15.5]) - matrix[:, 2])
    face = place_face(900, 500, 200)
    five = face.points[[4]]  # the tip of the nose
    assert np.abs(middle - five[0, :2]).max() < 60
    box = np.array(piece.facts["box"])
    assert np.abs(box - face.box).max() < 8


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_pictures_are_upright_before_faces_are_looked_for(cut, orientation):
    turns = {1: 0, 3: 2, 6: 1, 8: 3}[orientation]
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    image = draw_scene((300, 200, 200), size=(640, 800))
    data = encode(np.rot90(image, turns), "JPEG", exif=exif, quality=95)
    (piece,) = cut({"a.jpg": data})["a.jpg"].pieces
    assert np.abs(np.array(piece.facts["box"]) - place_face(300, 200, 200).box).max() < 8


def test_small_faces_of_large_pictures_are_looked_at_again_with_all_their_pixels(cut):
    image = draw_scene((1700, 900, 90), size=(2600, 2000))
    face_detector = BlockDetector()
    files = {"a.jpg": encode(image, "JPEG", quality=95)}
    (piece,) = cut(files, face_detector=face_detector, size=128, enlarge=2)["a.jpg"].pieces
    first, second = face_detector.asked
    assert max(first[0]) <= 1280 * 1.25
    assert max(second[0]) < 200
    assert np.abs(np.array(piece.facts["box"]) - place_face(1700, 900, 90).box).max() < 2.5


def test_a_large_face_is_looked_at_once(cut):
    face_detector = BlockDetector()
    files = {"a.jpg": encode(draw_scene((200, 100, 600), size=(1024, 1024)), "JPEG")}
    cut(files, face_detector=face_detector, size=128)
    assert len(face_detector.asked) == 1
    assert max(face_detector.asked[0][0]) < 600


def test_several_pictures_are_looked_at_together(cut):
    face_detector = BlockDetector()
    cut(
        {f"{n}.png": encode(draw_scene((30, 20, 40), seed=n)) for n in range(4)},
        face_detector=face_detector,
    )
    assert [len(batch) for batch in face_detector.asked] == [4]


def test_faces_are_chosen(cut):
    files = {"a.png": encode(draw_scene((10, 10, 40), (100, 10, 60), size=(200, 140)))}
    assert reasons(cut(files)["a.png"]) == [""]
    both = cut(files, faces="all")["a.png"]
    assert reasons(both) == ["", ""]
    assert [piece.facts["chosen"] for piece in both.pieces] == [2, 2]
    assert reasons(cut(files, faces="3")["a.png"]) == ["no face"]
    assert reasons(cut(files, others="picture")["a.png"]) == ["several faces"]


def test_what_is_left_out_comes_with_an_example(cut):
    files = {
        "large.png": encode(draw_scene((30, 20, 40))),
        "none.png": encode(draw_scene(size=(64, 120))),
        "small.png": encode(draw_scene((30, 20, 14))),
        "soft.png": encode(np.full((96, 96, 3), (255, 20, 255), np.uint8)),
    }
    found = cut(files, sharpness=0.1, outside=0)
    assert {name: reasons(result) for name, result in found.items()} == {
        "large.png": [""],
        "none.png": ["no face"],
        "small.png": ["too small"],
        "soft.png": ["blurred"],
    }
    for name in ("none.png", "small.png", "soft.png"):
        assert read_image(found[name].pieces[0].data).shape == (EXAMPLE, EXAMPLE, 3)


def test_counting_makes_no_pictures(cut):
    files = {"a.png": encode(draw_scene((30, 20, 40))), "b.png": encode(draw_scene())}
    with_pictures, without = cut(files), cut(files, extension="")
    for name, result in without.items():
        assert [piece.data for piece in result.pieces] == [b""]
        assert [replace(piece, data=b"") for piece in with_pictures[name].pieces] == list(
            result.pieces
        )


def test_files_that_cannot_be_read_are_told_apart_and_the_rest_goes_on(cut):
    good = encode(draw_scene((30, 20, 40)))
    jpeg = encode(draw_scene((30, 20, 40)), "JPEG")
    header = b"IHDR" + (50_000).to_bytes(4, "big") * 2 + good[24:29]
    huge = good[:12] + header + zlib.crc32(header).to_bytes(4, "big") + good[33:]
    found = cut(
        {
            "cut.jpg": jpeg[: len(jpeg) // 2],
            "empty.png": b"",
            "good.png": good,
            "huge.png": huge,
            "named.jpg": good,
            "text.jpg": b"this is no picture",
        }
    )
    told = {name: result.refused for name, result in found.items()}
    assert (told["good.png"], told["named.jpg"]) == ("", "")
    assert told["empty.png"] == "is empty"
    assert told["text.jpg"] == "is not a picture that can be read"
    assert told["cut.jpg"].startswith("is damaged or cut short")
    assert told["huge.png"].startswith("is too large")
    assert all(not result.pieces for name, result in found.items() if told[name])


@pytest.mark.parametrize("kind", ["L", "CMYK", "P", "I;16"])
def test_every_kind_of_pixels_becomes_rgb(cut, kind, tmp_path):
    picture = Pillow.fromarray(draw_scene((30, 20, 40)))
    if kind == "I;16":
        picture = Pillow.fromarray(np.full((96, 96), 40_000, np.uint16))
    else:
        picture = picture.convert(kind)
    suffix = ".tif" if kind in ("CMYK", "I;16") else ".png"
    picture.save(tmp_path / f"a{suffix}")
    (result,) = cut({f"a{suffix}": (tmp_path / f"a{suffix}").read_bytes()}).values()
    assert result.refused == ""
    assert reasons(result) == ([""] if kind in ("CMYK", "P") else ["no face"])
