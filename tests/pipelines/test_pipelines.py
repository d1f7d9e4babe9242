"""Pipelines in memory, with tiny networks and red blocks for faces."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from tests.media.stills.icc import encode_in, profile_of

import facewright as fw
from facewright.device import to_tensor
from facewright.errors import InputError
from facewright.media.pillow import to_pillow
from facewright.pipelines.inputs import IN_MEMORY, read_picture, read_seeds


@pytest.fixture
def generate(weights):
    return fw.GeneratePipeline(weights, device="cpu", dtype="float32")


@pytest.fixture
def edit(weights, find):
    return fw.EditPipeline(weights, find=find, encoder="none", device="cpu", dtype="float32")


def test_people_depend_on_nothing_but_their_seed(generate):
    several, alone = generate("1-3"), generate([2])
    assert np.array_equal(several[1].image, alone[0].image)
    assert several[1].manifest == alone[0].manifest
    assert not np.array_equal(several[0].image, several[1].image)


def test_threads_that_share_a_pipeline_get_the_people_of_their_seeds(weights, generate):
    alone, shared = generate("0-7"), fw.GeneratePipeline(weights, device="cpu", dtype="float32")
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda seed: shared(seed)[0], range(8)))
    assert all(np.array_equal(a.image, b.image) for a, b in zip(alone, found, strict=True))
    assert [one.manifest for one in found] == [one.manifest for one in alone]


def test_labels_and_sizes_are_recorded(generate):
    (one,) = generate(5, age="30-39", size=20)
    assert one.image.shape == (20, 20, 3)
    assert one.measurements["age"] == "30-39"
    assert one.manifest.parameters["label"] == ["age=30-39"]
    assert one.manifest.seeds == (5,)


def test_latents_of_a_person_draw_that_person(generate, edit):
    (one,) = generate(3)
    unchanged = edit(one, directions={}, sampling=fw.Sampling(batch=1))
    assert np.array_equal(unchanged.image, generate(3, sampling=fw.Sampling(batch=1))[0].image)
    assert unchanged.manifest.consent == "generated"


def test_an_edit_can_be_edited(edit):
    once = edit(1, directions={"sefa-1": 1.0})
    twice = edit(once, directions={"sefa-1": 1.0})
    both = edit(1, directions={"sefa-1": 2.0})
    assert np.array_equal(twice.image, both.image)
    assert not np.array_equal(once.image, both.image)


def test_restyling_with_all_layers_gives_the_other_person(weights, generate, find):
    restyle = fw.RestylePipeline(weights, find=find, device="cpu", dtype="float32")
    assert np.array_equal(restyle(1, 2).image, generate(2)[0].image)


def test_faces_are_found_in_whatever_holds_a_picture(find, paint, tmp_path):
    image = paint((10, 10, 30, 35))
    path = fw.Result(image, fw.Manifest("generate", {})).save(tmp_path / "x.png")
    tensor = to_tensor(image[None], torch.device("cpu"), torch.float32)[0]
    given = [image, str(path), path, to_pillow(image), tensor]
    boxes = [find(one).faces[0].box.tolist() for one in given]
    assert boxes == [[10, 10, 30, 35]] * 5
    assert len(find(given)) == 5


def test_sources_are_named_by_their_files(paint, tmp_path):
    path = fw.Result(paint(), fw.Manifest("generate", {})).save(tmp_path / "x.png")
    assert (read_picture(path).name, read_picture(path).consent) == ("x.png", "generated")
    assert (read_picture(paint()).name, read_picture(paint()).consent) == (IN_MEMORY, "")


@pytest.mark.parametrize("wrong", [3.5, np.zeros((4, 4)), torch.zeros(4, 4, 4), None])
def test_what_is_no_picture_is_refused(wrong):
    with pytest.raises(InputError, match="picture"):
        read_picture(wrong)


def test_a_swap_is_saved_only_with_consent(find, portrait, paint, tmp_path):
    swap, body = fw.SwapPipeline(find=find, device="cpu"), paint((10, 10, 30, 35))
    swapped = swap(face=portrait, body=body)
    assert not np.array_equal(swapped.image, body)
    with pytest.raises(InputError, match="nothing says that they agreed"):
        swapped.save(tmp_path / "out.png")
    assert not list(tmp_path.iterdir())
    path = swapped.save(tmp_path / "out.png", consent="self")
    assert fw.read_manifest(path).consent == "self"
    assert swap(face=portrait, body=body, consent="we agreed").manifest.consent == "we agreed"


def test_one_missing_consent_counts_for_all(edit, weights, find):
    restyle = fw.RestylePipeline(weights, find=find, device="cpu", dtype="float32")
    mine = edit(1, directions={"sefa-1": 1.0}, consent=None)
    unknown = fw.Latents(mine.latents.latents.values, "w+", "tiny")
    assert restyle(mine, 2).manifest.consent == "generated"
    assert restyle(mine, unknown).manifest.consent == ""
    assert restyle(mine, unknown, consent="self").manifest.consent == "self"


def test_a_clip_keeps_its_length_and_gets_the_face(find, portrait, paint):
    images = [paint((10 + n, 10, 30 + n, 35)) for n in range(3)]
    clip = fw.Clip((80, 60), 10, iter(images), count=3)
    made = fw.SwapPipeline(find=find, device="cpu").frames(clip, face=portrait)
    frames = list(made.clip.frames)
    assert len(frames) == 3
    assert not any(np.array_equal(a, b) for a, b in zip(images, frames, strict=True))


def test_a_walk_begins_with_its_first_person(weights, generate):
    walk = fw.InterpolatePipeline(weights, device="cpu", dtype="float32")
    made = walk("4,5", seconds=0.5, fps=6, size=16)
    assert np.array_equal(next(made.clip.frames), generate(4)[0].image)


def test_a_morph_begins_and_ends_with_its_faces(find, paint):
    one = paint((10, 10, 60, 70), size=(90, 100))
    other = paint((20, 15, 80, 85), size=(90, 100))
    made = fw.MorphPipeline(find=find, device="cpu").frames([one, other], steps=3)
    first, _, last = made.clip.frames
    assert np.array_equal(first, one)
    assert np.array_equal(last, other)


def test_seeds_are_read_however_they_are_given():
    assert read_seeds(3) == read_seeds("3") == read_seeds([3]) == (3,)
    assert read_seeds("0-2, 9") == (0, 1, 2, 9)
    for wrong in ("x", "", [], -1):
        with pytest.raises(InputError):
            read_seeds(wrong)


def test_unknown_verbs_name_the_known_ones():
    with pytest.raises(InputError, match="no pipeline is called `bake`") as caught:
        fw.load("bake")
    assert "generate" in caught.value.hint


def cut_out(paint, form):
    """A picture of a face, transparent on the right, as a Pillow image, an array or a file."""
    image, alpha = paint((20, 10, 59, 59), size=(80, 120)), np.full((80, 120), 255, np.uint8)
    alpha[:, 90:], image[:, 90:] = 0, (0, 255, 0)  # green lies hidden
    whole = np.dstack([image, alpha])
    return whole if form == "array" else to_pillow(whole)


@pytest.mark.parametrize("form", ["array", "pillow", "file"])
def test_what_is_transparent_stays_so_in_memory_and_in_files(find, paint, tmp_path, form):
    picture = cut_out(paint, form)
    if form == "file":
        picture.save(tmp_path / "cutout.png")
        picture = tmp_path / "cutout.png"
    enhance = fw.EnhancePipeline(find=find, device="cpu")
    made = enhance(picture, scale=1, config=fw.EnhanceConfig(smooth=0.8), consent="self")
    assert made.alpha[:, 90:].max() == 0
    assert made.alpha[:, :90].min() == 255
    assert made.pil().mode == "RGBA"
    back = read_picture(made.save(tmp_path / "a.png"))
    assert np.array_equal(back.alpha, made.alpha)
    assert (read_picture(made.save(tmp_path / "a.jpg")).image[:, 95:] > 250).all()
    again = enhance(made, scale=1, config=fw.EnhanceConfig(smooth=0.8), consent="self")
    assert np.array_equal(again.alpha, made.alpha)
    assert (read_picture(picture).image[:, 90:] == 255).all(), "find sees white"


def test_colours_of_pillow_images_are_converted_to_srgb():
    stored = np.full((4, 4, 3), encode_in("ProPhoto", (200, 60, 50)), np.uint8)
    picture = to_pillow(stored)
    picture.info["icc_profile"] = profile_of("ProPhoto")
    assert np.abs(read_picture(picture).image[0, 0].astype(int) - (200, 60, 50)).max() <= 2
