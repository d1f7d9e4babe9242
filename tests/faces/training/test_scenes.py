import numpy as np

from facewright.faces.training.example_rng import ExampleRng
from facewright.faces.training.scenes import compose_scene


def test_scenes_have_none_to_six_faces_that_are_mostly_inside(labelled):
    counts = []
    for number in range(60):
        scene = compose_scene(labelled, 96, ExampleRng(0, number))
        assert scene.image.shape == (96, 96, 3)
        assert scene.image.dtype == np.uint8
        boxes, marks = scene.boxes(), scene.marks()
        assert boxes.shape == (len(scene.points), 4)
        assert marks.shape == (len(scene.points), 5, 2)
        counts.append(len(boxes))
        for box in boxes:
            inside = np.clip(box, 0, 96)
            share = (inside[2:] - inside[:2]).prod() / (box[2:] - box[:2]).prod()
            assert share > 0.6
    assert min(counts) == 0
    assert 2 <= max(counts) <= 6


def test_faces_do_not_hide_one_another(labelled):
    for number in range(40):
        boxes = compose_scene(labelled, 96, ExampleRng(1, number)).boxes()
        for i, a in enumerate(boxes):
            for b in boxes[:i]:
                both = np.clip(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0, None).prod()
                assert both <= 0.06 * (b[2:] - b[:2]).prod()


def test_a_scene_is_the_same_each_time(labelled):
    one, two = (compose_scene(labelled, 64, ExampleRng(4, 4)) for _ in range(2))
    assert np.array_equal(one.image, two.image)
    assert np.array_equal(one.boxes(), two.boxes())


def test_faces_are_where_the_scene_says(labelled):
    """A drawn face is brighter or darker than its surroundings nearly everywhere."""
    seen = []
    for number in range(60):
        scene = compose_scene(labelled, 128, ExampleRng(2, number))
        for box in scene.boxes():
            if (box[2:] - box[:2]).min() < 24 or box.min() < 12 or box.max() > 115:
                continue
            x, y = ((box[:2] + box[2:]) / 2).astype(int)
            face = scene.image[y - 3 : y + 4, x - 3 : x + 4].astype(float)
            seen.append(face.std(axis=(0, 1)).mean() < 25)  # plain, unlike the noise around
    assert len(seen) > 5
    assert np.mean(seen) > 0.7
