"""Weights come in from other projects, and go there."""

from pathlib import Path

import pytest
import torch

from facewright.device import seeded
from facewright.errors import InputError, WeightsError
from facewright.gan.weights import load_generator
from facewright.hub.bundle import load_bundle
from facewright.interop.layouts.rosinality import to_rosinality
from facewright.jobs.commands.draw.generate import GenerateOptions, generate_faces
from facewright.jobs.commands.models.export import ExportOptions, export_model
from facewright.jobs.commands.models.import_ import ImportOptions, import_model


@pytest.fixture
def foreign(plain_weights, tmp_path):
    """A checkpoint of rosinality's project."""
    generator = load_generator(load_bundle(Path(plain_weights)))
    path = tmp_path / "faces.pt"
    torch.save({"g_ema": to_rosinality(generator.config, generator.state_dict())}, path)
    return path


def pictures(path):
    generator = load_generator(load_bundle(Path(path)))
    with torch.no_grad():
        return generator(torch.randn(2, 8, generator=seeded(0)))


def test_imported_weights_draw_the_same_people(foreign, plain_weights, tmp_path):
    out = tmp_path / "mine.safetensors"
    imported = import_model(str(foreign), ImportOptions(out=out, licence="CC0-1.0"))
    assert torch.equal(pictures(out), pictures(plain_weights))
    assert (imported.card.name, imported.card.licence) == ("mine", "CC0-1.0")
    assert imported.found == ("generator",)
    picture = tmp_path / "x.png"
    assert generate_faces(GenerateOptions(seeds="1", weights=str(out), out=picture)) == [picture]


def test_licence_is_unknown_unless_it_is_given(foreign, tmp_path):
    imported = import_model(str(foreign), ImportOptions(out=tmp_path / "x.safetensors"))
    assert (imported.card.licence, imported.card.trained_on) == ("unknown", "unknown")


@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
def test_export_and_import_lead_back(suffix, plain_weights, tmp_path):
    there = export_model(plain_weights, options=ExportOptions(out=tmp_path / f"there{suffix}"))
    back = tmp_path / "back.safetensors"
    import_model(str(there), ImportOptions(out=back))
    assert torch.equal(pictures(back), pictures(plain_weights))


def test_labels_come_back_from_safetensors(weights, tmp_path):
    there = export_model(weights, options=ExportOptions(out=tmp_path / "there.safetensors"))
    back = tmp_path / "back.safetensors"
    import_model(str(there), ImportOptions(out=back))
    assert load_bundle(back).config == load_bundle(Path(weights)).config


def test_files_that_are_there_stay(foreign, plain_weights, tmp_path):
    out = tmp_path / "x.safetensors"
    out.write_bytes(b"mine")
    with pytest.raises(InputError, match="is there already"):
        import_model(str(foreign), ImportOptions(out=out))
    with pytest.raises(InputError, match="is there already"):
        export_model(plain_weights, options=ExportOptions(out=out))
    assert out.read_bytes() == b"mine"
    import_model(str(foreign), ImportOptions(out=out, overwrite=True))
    assert out.stat().st_size > 1000


def test_names_that_fit_no_form_are_refused(foreign, plain_weights, tmp_path):
    with pytest.raises(InputError, match="does not end in"):
        import_model(str(foreign), ImportOptions(out=tmp_path / "x.pt"))
    with pytest.raises(InputError, match="does not end in"):
        export_model(plain_weights, options=ExportOptions(out=tmp_path / "x.pkl"))
    (tmp_path / "folder.pt").mkdir()
    with pytest.raises(InputError, match="is a folder"):
        export_model(plain_weights, options=ExportOptions(out=tmp_path / "folder.pt"))


def test_part_that_is_not_there_is_named(foreign, tmp_path):
    options = ImportOptions(out=tmp_path / "x.safetensors", part="encoder")
    with pytest.raises(InputError, match="no part called `encoder`") as caught:
        import_model(str(foreign), options)
    assert "generator" in caught.value.hint


def test_bundles_and_foreign_files_are_not_mixed_up(foreign, plain_weights, tmp_path):
    with pytest.raises(WeightsError, match="bundle of Facewright already"):
        import_model(plain_weights, ImportOptions(out=tmp_path / "x.safetensors"))
    with pytest.raises(WeightsError, match="another project") as caught:
        load_bundle(foreign)
    assert "models import" in caught.value.hint


def test_weights_of_the_catalog_keep_their_card(tmp_path, monkeypatch):
    monkeypatch.setenv("FACEWRIGHT_CACHE", str(tmp_path))
    options = ImportOptions(out=tmp_path / "x.safetensors")
    with pytest.raises(WeightsError, match="licence of their own") as caught:
        import_model("stylegan2-ffhq-1024", options)
    assert "--accept-licence" in caught.value.hint
