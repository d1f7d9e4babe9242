"""Emoji of heads in three dimensions are files like all others."""

import pytest

from facewright.errors import InputError
from facewright.jobs.commands.photos.emoji.make import Emoji, EmojiOptions
from facewright.jobs.commands.remake import remake_file
from facewright.pipelines.photos.emoji import EmojiPipeline
from facewright.provenance.publish import read_manifest


def test_a_style_that_there_is_not_names_those_that_there_are():
    with pytest.raises(InputError, match="style avatar") as caught:
        EmojiPipeline()(7, style="avatar")
    assert caught.value.hint == "one of: drawn, toon, baby, character"


@pytest.mark.slow
@pytest.mark.parametrize("style", ["toon", "baby", "character"])
def test_a_pack_is_made_again_to_the_last_bit(tmp_path, style):
    options = EmojiOptions(
        style=style, seed=7, only="happy", sizes="64", outline=True, out=tmp_path / "pack"
    )
    written = Emoji(options, person=7).write_pack().files
    manifest = read_manifest(written[0])
    assert manifest.parameters["character"] == style
    assert {"face-features", "figure"} <= set(manifest.models)
    assert remake_file(written[0]).likeness == "bytes"
