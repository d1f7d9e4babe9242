"""Emoji that move, and packs of stickers as messengers take them."""

import json

import numpy as np
import pytest
from PIL import Image as Pillow

from facewright.errors import InputError
from facewright.jobs.commands.photos.emoji.files import PackFile, PackWriter
from facewright.jobs.commands.photos.emoji.make import EmojiOptions, plan_files
from facewright.media.video import read_clip
from facewright.pipelines.photos.emoji import EmojiResult
from facewright.provenance.publish import read_manifest
from facewright.toon.emoji import EXPRESSIONS, find_window, time_expression
from facewright.types import Manifest


def draw(name, share):
    """A disc that grows with the expression, in a colour of its own."""
    y, x = np.mgrid[-1:1:80j, -1:1:80j]
    inside = np.clip((0.6 + 0.2 * share - np.hypot(x, y)) * 20, 0, 1)
    colour = np.full((80, 80, 3), 30 * EXPRESSIONS.index(name), np.uint8)
    return np.dstack([colour, np.uint8(255 * inside)])


@pytest.fixture
def writer():
    emoji = {name: draw(name, 1.0) for name in EXPRESSIONS}
    manifest = Manifest("emoji", {"character": "drawn"}, consent="generated")
    pack = EmojiResult(
        emoji["happy"], manifest, emoji=emoji, window=find_window(list(emoji.values())), draw=draw
    )
    return PackWriter(pack.cut, manifest, 95, pack.animate)


def test_an_expression_comes_and_goes_within_what_messengers_allow():
    for blink in (False, True):
        times = time_expression(blink=blink)
        shares = [share for share, _ in times]
        assert shares[0] == 0
        assert max(shares) == 1
        assert shares[1:] == shares[:0:-1]  # back as it came
        assert sum(seconds for _, seconds in times) < 3
        assert min(seconds for _, seconds in times) >= 0.008


@pytest.mark.parametrize("ending", [".webp", ".webm"])
def test_what_moves_says_how_it_came_about(writer, tmp_path, ending):
    path = writer.write(PackFile(tmp_path / f"happy{ending}", ("happy",), 64, moving=True))
    manifest = read_manifest(path)
    assert manifest.parameters["animate"] is True
    assert manifest.parameters["only"] == "happy"
    assert ("signature" in manifest.marks) == (ending == ".webm")
    clip = read_clip(path)
    assert clip.size == (64, 64)
    seconds = sum(each for _, each in time_expression())
    wanted = len(time_expression()) if ending == ".webp" else round(25 * seconds)
    assert len(list(clip.frames)) == wanted


def test_a_webp_that_moves_is_transparent_around_the_head(writer, tmp_path):
    path = writer.write(PackFile(tmp_path / "sad.webp", ("sad",), 64, moving=True))
    with Pillow.open(path) as picture:
        sizes = []
        for number in range(picture.n_frames):
            picture.seek(number)
            alpha = np.array(picture.convert("RGBA"))[..., 3]
            assert alpha[0, 0] == 0
            assert alpha[32, 32] == 255
            sizes.append(int((alpha > 128).sum()))
    assert sizes[0] < sizes[len(sizes) // 2]


def test_a_limit_lowers_the_quality_and_what_never_fits_is_refused(writer, tmp_path):
    large = writer.write(PackFile(tmp_path / "large.webp", ("fear",), 128))
    limit = large.stat().st_size - 200
    small = writer.write(PackFile(tmp_path / "small.webp", ("fear",), 128, limit=limit))
    assert small.stat().st_size <= limit
    assert read_manifest(small).parameters["quality"] < 95
    with pytest.raises(InputError, match="100 are the most"):
        writer.write(PackFile(tmp_path / "none.webp", ("fear",), 128, limit=100))


def test_packs_for_messengers_are_described_as_they_read_them(tmp_path):
    options = EmojiOptions(out=tmp_path / "e", animate=True, stickers="telegram,whatsapp")
    plan = plan_files(options)
    files, texts = plan.files, plan.texts
    named = {str(one.path.relative_to(tmp_path / "e")): one for one in files}
    assert named["whatsapp/happy.webp"].limit == 100_000
    assert named["whatsapp-moving/happy.webp"].moving
    assert named["whatsapp-moving/tray.png"].size == 96
    assert named["telegram-moving/neutral.webm"].size == 512
    said = json.loads(texts[tmp_path / "e/whatsapp-moving/contents.json"])["sticker_packs"][0]
    assert said["animated_sticker_pack"] is True
    assert [one["image_file"] for one in said["stickers"]] == [f"{n}.webp" for n in EXPRESSIONS]
    said = json.loads(texts[tmp_path / "e/telegram/stickers.json"])["stickers"]
    assert {"sticker": "attach://sad.webp", "format": "static", "emoji_list": ["😢"]} in said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"stickers": "signal"}, "`stickers` knows no `signal`"),
        ({"stickers": ""}, "`stickers` knows no"),
        ({"stickers": "whatsapp", "only": "happy,sad"}, "has 3 stickers at least, not 2"),
        ({"stickers": "whatsapp", "out": "a.webp"}, "is one file"),
        ({"animate": True, "only": "happy", "out": "a.png"}, "a.png cannot move"),
        ({"animate": True, "out": "a.webp"}, "one expression that moves"),
        ({"only": "happy", "out": "a.webm"}, "is for what moves"),
        ({"animate": True, "only": "sad", "sizes": "65", "out": "a.webm"}, "an even width"),
    ],
)
def test_what_no_messenger_and_no_format_takes_is_refused(options, said, tmp_path):
    out = tmp_path / options.get("out", "pack")
    with pytest.raises(InputError, match=said) as caught:
        plan_files(EmojiOptions(**{**options, "out": out}))
    assert caught.value.hint
