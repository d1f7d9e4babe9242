"""Swap the faces of one frame after the other: find, follow, choose, swap."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from facewright.faces.detection.mesh_detector import FaceDetector
from facewright.faces.pose import estimate_pose
from facewright.faces.tracking.follow import FaceFollower, FrameConfig
from facewright.faces.tracking.picking import Picker
from facewright.faces.tracking.track import TrackedFace
from facewright.swap.flicker import FlickerMeter
from facewright.swap.mesh.raster import Floats
from facewright.swap.swap import SwapOptions, swap_face
from facewright.swap.warp import Source
from facewright.types import Face, Image


class FrameSwapper:
    """Swaps faces frame after frame, in memory that does not grow with them.

    Attributes:
        frames: How many frames it has seen.
        swapped: In how many of them it swapped a face.
        missed: How many it passed on as they were, for want of a face.
        faces: The faces that it covered in the last frame.
        used: How often each source was used.
        flicker: How much swapped faces flicker.
    """

    def __init__(
        self,
        face_detector: FaceDetector,
        sources: Sequence[Source],
        picker: Picker,
        options: SwapOptions,
        config: FrameConfig | None = None,
    ) -> None:
        """Prepare to swap.

        Args:
            face_detector: What finds faces.
            sources: Who is pasted, in one or several poses; the one that fits best is taken each
                time that a face appears.
            picker: Says which faces are swapped.
            options: How.
            config: How faces are found.
        """
        self.frames = self.swapped = self.missed = 0
        self.faces: tuple[Face, ...] = ()
        self.used: Counter[int] = Counter()
        self.flicker = FlickerMeter()
        self._sources, self._options = sources, options
        self._follower = FaceFollower(face_detector, picker, config)
        self._taken: dict[int, int] = {}  # number of a face → source

    @property
    def latest(self) -> int:
        """How many faces it covered in the last frame."""
        return len(self.faces)

    def swap(self, image: Image, *, time: float) -> Image:
        """Swap the faces of the next frame.

        Args:
            image: (height, width, 3).
            time: When the frame is shown, in seconds; rises from frame to frame.

        Returns:
            A new picture of the same size, or the frame itself if it shows no face to swap.

        Raises:
            InputError: Several faces are there and none is chosen, or time does not rise.
        """
        chosen = self._follower.follow(image, time=time)
        self.frames += 1
        self.faces = tuple(one.face for one in chosen)
        if not chosen:
            self.missed += 1
            return image
        result = image.copy()
        for one in chosen:
            source = self._sources[self._cast(one)]
            swap_face(source, result, one.face.points, self._options, out=result)
        self.swapped += 1
        self.flicker.measure(image, result, chosen)
        here = self._follower.here
        self._taken = {number: n for number, n in self._taken.items() if number in here}
        return result

    def hint(self, image: Image, otherwise: str) -> str:
        """Return a hint for a picture without a face, as `FaceFollower.hint` does."""
        return self._follower.hint(image, otherwise)

    def _cast(self, one: TrackedFace) -> int:
        """Return the number of the source for a face; it stays while the face is there."""
        if one.number not in self._taken:
            self._taken[one.number] = pick_pose(self._sources, one.face.points)
        number = self._taken[one.number]
        self.used[number] += 1
        return number


def pick_pose(sources: Sequence[Source], points: Floats) -> int:
    """Return which source is turned most like a face.

    Args:
        sources: At least one.
        points: (478, 3): the mesh of the face.

    Returns:
        Its place among the sources, the first of equal ones.
    """
    if len(sources) == 1:
        return 0
    wanted = _turn(points)
    gaps = [float(np.linalg.norm(_turn(source.points) - wanted)) for source in sources]
    return int(np.argmin(gaps))


def _turn(points: Floats) -> Floats:
    """Return yaw and pitch in degrees; a roll costs nothing, the warp undoes it."""
    pose = estimate_pose(points)
    return np.array([pose.yaw, pose.pitch], np.float32)
