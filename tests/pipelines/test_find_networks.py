"""Which networks find faces: those that ship with the package, or others that are named."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from facewright.errors import WeightsError
from facewright.faces.detection.blocks import fold_norms
from facewright.faces.detection.detector import Detector, DetectorConfig
from facewright.faces.detection.landmarks import MeshConfig, MeshNetwork
from facewright.hub.bundle import file_sha256, save_bundle
from facewright.jobs.commands.photos.find import FindOptions, find_faces
from facewright.pipelines.find import FindPipeline
from facewright.provenance.publish import read_manifest
from facewright.types import Bundle, Card

FINDER = DetectorConfig(widths=(4, 4, 4, 4), depths=(1, 1, 1), shared=4)
MESH = MeshConfig(size=32, widths=(4, 4, 4), depths=(0, 0, 0), squeeze=1, shapes=2)


@pytest.fixture
def trained(tmp_path):
    """The files of two tiny networks, as `train detector` and `train mesh` write them."""
    files = {}
    for kind, network in (("finder", Detector(FINDER)), ("mesh", MeshNetwork(MESH))):
        files[kind] = str(tmp_path / f"{kind}.safetensors")
        config = {kind: json.loads(json.dumps(asdict(network.config)))}
        bundle = Bundle(
            Card(f"{kind}-000002", kind), config, fold_norms(network.eval()).state_dict()
        )
        save_bundle(Path(files[kind]), bundle)
    return files


def test_networks_can_be_named_by_their_files(trained):
    find = FindPipeline(trained["finder"], mesh=trained["mesh"], device="cpu")
    assert find.finder.detector.config == FINDER
    assert find.finder.mesh.config == MESH
    assert find.models == {
        "finder-000002": file_sha256(Path(trained["finder"])),
        "mesh-000002": file_sha256(Path(trained["mesh"])),
    }


def test_networks_of_the_wrong_kind_are_refused(trained):
    swapped = FindPipeline(trained["mesh"], mesh=trained["finder"], device="cpu")
    with pytest.raises(WeightsError, match="not finder"):
        swapped(np.zeros((48, 48, 3), np.uint8))


def test_what_find_writes_says_which_networks_were_named(trained, tmp_path):
    Pillow.fromarray(np.zeros((48, 48, 3), np.uint8)).save(tmp_path / "x.png")
    options = FindOptions(out=tmp_path / "y.png", device="cpu", threshold=0.99, **trained)
    find_faces([str(tmp_path / "x.png")], options=options)
    assert set(read_manifest(tmp_path / "y.png").models) == {"finder-000002", "mesh-000002"}
