from dataclasses import replace

import pytest
from tests.expressions.conftest import write_set

from facewright.errors import DatasetError
from facewright.tasks.expressions.training import ExpressionTrainOptions, train_expressions

OPTIONS = ExpressionTrainOptions(kimg=0.004, batch=4, network="mini-xception", size=32, blocks=1)


def test_a_run_ends_and_goes_on(tmp_path):
    faces = write_set(tmp_path / "faces.zip", count=7)
    trained = train_expressions(faces, outdir=tmp_path / "run", options=OPTIONS, device="cpu")
    assert (trained.kimg, trained.finished) == (0.004, True)
    more = replace(OPTIONS, kimg=0.008)
    assert train_expressions(faces, outdir=tmp_path / "run", options=more).kimg == 0.008


def test_a_dataset_that_is_none_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="no dataset"):
        train_expressions(tmp_path / "none.zip", outdir=tmp_path / "run", options=OPTIONS)
