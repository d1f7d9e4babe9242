"""How many faces are named per second, and how many frames of a clip are read, end to end?

The peer is the published mini-Xception in Keras, where TensorFlow is installed in an environment
that `KERAS_PYTHON` names; `MINI_XCEPTION` names its HDF5 file. A clip of 1280×720 is made from the
picture of an astronaut, as for swaps. Seconds of the clock and of all cores are told: where other
work runs too, the second tells what quiet cores could do.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch

from benchmarks.swapping_clips import FRAMES, RATE, SIZE, film
from benchmarks.timing import report
from facewright.device import keep_memory, seeded
from facewright.errors import FacewrightError
from facewright.expressions.classifier import (
    Classifier,
    build_network,
    load_classifier,
    read_keras,
    score_crops,
)
from facewright.expressions.compact import FINE
from facewright.expressions.drawing import label_picture
from facewright.expressions.reader import NamedFace
from facewright.faces.detection.blocks import fold_norms
from facewright.interop.read import read_checkpoint
from facewright.jobs.commands.photos.expressions import ExpressionOptions, Expressions
from facewright.jobs.run import run as run_effect
from facewright.media.video import read_clip
from facewright.pipelines.photos.expressions import ExpressionsPipeline, ReadingSession
from facewright.provenance.publish import publish_clip
from facewright.types import Clip, Manifest

BATCHES, SECONDS = (1, 64), 2.0
_KERAS = """
import os, sys, time
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import h5py, json, numpy as np, tensorflow as tf
tf.config.threading.set_intra_op_parallelism_threads(int(sys.argv[2]))
tf.config.threading.set_inter_op_parallelism_threads(1)
L = tf.keras.layers
x = entry = L.Input((64, 64, 1))
for _ in range(2):
    x = L.ReLU()(L.BatchNormalization()(L.Conv2D(8, 3, use_bias=False)(x)))
for width in (16, 32, 64, 128):
    carry = L.Conv2D(width, 1, strides=2, padding="same", use_bias=False)(x)
    carry = L.BatchNormalization()(carry)
    for first in (True, False):
        x = L.SeparableConv2D(width, 3, padding="same", use_bias=False)(x)
        x = L.BatchNormalization()(x)
        x = L.ReLU()(x) if first else x
    x = L.add([L.MaxPooling2D(3, strides=2, padding="same")(x), carry])
x = L.Softmax()(L.GlobalAveragePooling2D()(L.Conv2D(7, 3, padding="same")(x)))
model = tf.keras.Model(entry, x)
call = tf.function(model)
for batch in (1, 64):
    faces = np.random.rand(batch, 64, 64, 1).astype("float32")
    ways = {
        "predict": lambda: model.predict(faces, verbose=0),
        "graph": lambda: call(tf.constant(faces)).numpy(),
    }
    for name, run in ways.items():
        run(); run()
        start, cores, n = time.perf_counter(), time.process_time(), 0
        while time.perf_counter() - start < float(sys.argv[1]):
            run(); n += 1
        wall, busy = time.perf_counter() - start, time.process_time() - cores
        print(name, batch, n * batch / wall, n * batch / busy)
"""


def main() -> None:
    """Measure networks, then a clip."""
    keep_memory()
    random = fold_norms(build_network(FINE).eval()).to(torch.bfloat16)
    classifiers = {"compact": Classifier(random)}
    if file := os.environ.get("MINI_XCEPTION"):
        bundle = read_keras(read_checkpoint(Path(file)).parts["keras"])
        if bundle is not None:
            classifiers["mini-xception"] = load_classifier(bundle)
    for name, classifier in classifiers.items():
        for mirrored in (False, True):
            measure_faces(name, replace(classifier, mirrored=mirrored))
    if python := os.environ.get("KERAS_PYTHON"):
        measure_keras(python)
    try:
        measure_clip(ExpressionsPipeline(device="cpu"))
    except FacewrightError as error:
        print(f"clips are not measured: {error}", file=sys.stderr)


def measure_faces(name: str, classifier: Classifier) -> None:
    """Measure faces per second, of squares that are cut out already."""
    size = classifier.size
    for batch in BATCHES:
        crops = torch.randint(0, 256, (batch, size, size), generator=seeded(0)).byte().numpy()
        rate, of_core = _rate(lambda crops=crops: score_crops(classifier, crops), batch)
        report(
            "naming expressions",
            network=name,
            batch=batch,
            mirrored=classifier.mirrored,
            threads=torch.get_num_threads(),
            faces_per_s=rate,
            faces_per_cpu_s=of_core,
        )


def measure_keras(python: str) -> None:
    """Measure the peer in its own environment."""
    threads = str(torch.get_num_threads())
    command = [python, "-c", _KERAS, str(SECONDS), threads]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"Keras is not measured: {done.stderr[-300:]}", file=sys.stderr)
    for line in done.stdout.splitlines():
        way, batch, rate, of_core = line.split()
        report(
            "naming expressions",
            network=f"keras mini-xception, {way}",
            batch=int(batch),
            threads=int(threads),
            faces_per_s=float(rate),
            faces_per_cpu_s=float(of_core),
        )


def measure_clip(pipeline: ExpressionsPipeline) -> None:
    """Measure each stage of a clip, and all of them, with the networks that ship."""

    def read_all(session: ReadingSession) -> list[list[NamedFace]]:
        return [session.read(frame, n / 30) for n, frame in enumerate(frames)]

    with tempfile.TemporaryDirectory() as folder:
        body = Path(folder, "body.mp4")
        publish_clip(Clip(SIZE, RATE, film(FRAMES), count=FRAMES), body, Manifest("test", {}))
        frames = list(film(60))
        named = read_all(pipeline.start())
        stages: dict[str, Callable[[], object]] = {
            "read": lambda: read_all(pipeline.start()),
            "draw": lambda: [label_picture(f, n) for f, n in zip(frames, named, strict=True)],
        }
        told = {
            f"{name}_cpu_ms": _time(run)[1] / len(frames) * 1000 for name, run in stages.items()
        }
        decode = _time(lambda: sum(1 for _ in read_clip(body).frames))[1] / FRAMES * 1000
        options = ExpressionOptions(out=Path(folder, "out.mp4"))
        seconds, busy = _time(
            lambda: run_effect(Expressions(options, find=pipeline.find), [str(body)])
        )
        report(
            "reading expressions in clips",
            frames=FRAMES,
            size="{}x{}".format(*SIZE),
            threads=torch.get_num_threads(),
            frames_per_s=FRAMES / seconds,
            cpu_ms_per_frame=busy / FRAMES * 1000,
            frames_per_s_of_two_quiet_cores=2 * FRAMES / busy,
            decode_cpu_ms=decode,
            **told,
        )


def _rate(run: Callable[[], object], count: int) -> tuple[float, float]:
    """Return how many of `count` per call are done in a second of the clock and of all cores."""
    run()
    clock, cores, calls = time.perf_counter(), time.process_time(), 0
    while time.perf_counter() - clock < SECONDS:
        run()
        calls += 1
    total = calls * count
    busy = max(time.process_time() - cores, 1e-9)
    return total / (time.perf_counter() - clock), total / busy


def _time(run: Callable[[], object]) -> tuple[float, float]:
    """Return the seconds of the clock and of all cores."""
    clock, cores = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - clock, time.process_time() - cores


if __name__ == "__main__":
    main()
