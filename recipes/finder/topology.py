"""Write down what the points of a face mesh are: `src/facewright/faces/topology.npz`.

    python topology.py merged.npz src/facewright/faces/topology.npz

Runs in the teacher's environment (`pip install mediapipe==0.10.21`), which knows how the points of
its mesh connect; `merged.npz` is what `merge.py` writes. Triangles are the loops of three edges;
the mean face is the mean of the labelled frontal faces, each turned, scaled and moved onto it in
three dimensions, made symmetric; a point's partner is the one that its mirror image meets.
"""

import sys
from itertools import pairwise

import numpy as np
from mediapipe.python.solutions import face_mesh_connections as connections

FRONTAL = "fairface-frontal.zip"
ROUNDS = 5
EYES = (33, 133), (263, 362)  # corners, left and right as seen in the picture
FRONT, LEFT_IRIS, RIGHT_IRIS = 468, (468, 469, 470, 471, 472), (473, 474, 475, 476, 477)
LEFT_BROW = (70, 63, 105, 66, 107, 55, 65, 52, 53, 46)  # along its top, back along its bottom


def find_triangles(edges):
    """Return the triangles [n 3] of a mesh from its edges, one in each direction it is used in."""
    after = {}
    for a, b in edges:
        after.setdefault(a, set()).add(b)
    loops = {frozenset((a, b, c)) for a, b in edges for c in after[b] if (c, a) in edges}
    # Three triangles around one point also make a loop, which is none of the mesh: the two that
    # use each edge are there without it.
    uses = {}
    for loop in loops:
        for edge in sides(loop):
            uses.setdefault(edge, set()).add(loop)
    loops -= {loop for loop in loops if all(len(uses[edge]) > 2 for edge in sides(loop))}
    if 3 * len(loops) != len(edges):
        raise SystemExit(f"{len(loops)} triangles do not make {len(edges)} edges")
    return loops


def sides(loop):
    """Return the three edges of a triangle, without direction."""
    return [loop - {corner} for corner in loop]


def wind(loops, edges):
    """Return the triangles [n 3], all wound as the edges at the rim of the mesh are."""
    rim = {edge for edge in edges if edge[::-1] not in edges}
    by_side = {}
    for loop in loops:
        for side in sides(loop):
            by_side.setdefault(side, []).append(loop)
    wound, waiting = {}, sorted(rim)
    while waiting:
        a, b = waiting.pop()
        for loop in by_side[frozenset((a, b))]:
            if loop in wound:
                continue
            (c,) = loop - {a, b}
            wound[loop] = (a, b, c)
            waiting += [(c, b), (a, c)]  # as the neighbours use these edges
            break
    return np.array(sorted(roll(t) for t in wound.values()), np.int32)


def roll(triangle):
    """Return a triangle with its smallest index first."""
    start = triangle.index(min(triangle))
    return triangle[start:] + triangle[:start]


def walk(edges, start):
    """Return the indices of a closed loop of edges in order, from `start`."""
    neighbours = {}
    for a, b in edges:
        neighbours.setdefault(a, []).append(b)
        neighbours.setdefault(b, []).append(a)
    loop = [start, min(neighbours[start])]
    while len(loop) < len(neighbours):
        (onward,) = set(neighbours[loop[-1]]) - {loop[-2]}
        loop.append(onward)
    return loop


def fit(points, target):
    """Move, turn and scale points [k 3] onto others in the least-squares sense (Umeyama 1991)."""
    here, there = points - points.mean(0), target - target.mean(0)
    u, s, vt = np.linalg.svd(there.T @ here)
    sign = np.array([1, 1, np.sign(np.linalg.det(u @ vt))])
    return here @ ((u * sign) @ vt).T * ((s * sign).sum() / (here**2).sum()) + target.mean(0)


def measure_mean(faces):
    """Return the mean face [478 3], looking the way that the faces look on average."""
    plain = mean = faces.mean(0)
    for _ in range(ROUNDS):
        mean = fit(np.mean([fit(face, mean) for face in faces], 0), plain)
    return mean


def find_partners(mean):
    """Return [478] the partner of each point, where a mean face is nearly symmetric in x."""
    mean = mean - mean[:FRONT].mean(0)
    partners = np.full(len(mean), -1, np.int32)
    # Irises lie on the mesh and so are matched among themselves.
    groups = np.arange(FRONT), np.array(LEFT_IRIS + RIGHT_IRIS)
    for group in groups:
        gaps = np.linalg.norm(mean[group][:, None] * (-1, 1, 1) - mean[group][None], axis=-1)
        partners[group] = group[gaps.argmin(1)]
    if not (partners[partners] == np.arange(len(mean))).all():
        raise SystemExit("the mean face does not pair up with its mirror image")
    return partners


def straighten(mean, partners):
    """Return the mean face, symmetric, centred and the eyes one apart."""
    mirrored = mean[partners] * (-1, 1, 1)
    mean = (mean + fit(mirrored, mean)) / 2
    # What is symmetric about some plane is turned so that the plane is x = 0.
    across = (mean - mean[partners])[:FRONT]
    across *= np.sign(across[:, :1])
    right = across.sum(0) / np.linalg.norm(across.sum(0))
    down = np.array([0, 1, 0]) - right[1] * right
    down /= np.linalg.norm(down)
    mean = (mean - mean[:FRONT].mean(0)) @ np.stack([right, down, np.cross(right, down)]).T
    mean = (mean + mean[partners] * (-1, 1, 1)) / 2
    left, right = (mean[list(corners)].mean(0) for corners in EYES)
    return mean / np.linalg.norm(right - left)


def fill(loop, left, right):
    """Return triangles [n 3] that close a loop, as a strip between its upper and lower side.

    Args:
        loop: Indices in order.
        left, right: The two corners, which are in it.
    """
    turn = loop[loop.index(left) :] + loop[: loop.index(left)]
    split = turn.index(right)
    upper, lower = turn[: split + 1], [left, *turn[:split:-1], right]
    triangles = []
    for step, ((a, b), (c, d)) in enumerate(zip(pairwise(upper), pairwise(lower), strict=True)):
        slanted = [(a, b, c), (b, d, c)] if step < (len(upper) - 1) / 2 else [(a, b, d), (a, d, c)]
        triangles += [t for t in slanted if len(set(t)) == 3]
    return triangles


def main(merged, out):
    """Read the labels and write the topology."""
    with np.load(merged) as file:
        faces = file["points"][file["archives"] == FRONTAL].astype(np.float64)
    edges = set(connections.FACEMESH_TESSELATION)
    triangles = wind(find_triangles(edges), edges)
    mean = measure_mean(faces)
    partners = find_partners(mean)
    mean = straighten(mean, partners)

    lips = connections.FACEMESH_LIPS
    inner = {i for e in lips for i in e if 78 in e}
    while grown := {i for e in lips if inner & set(e) for i in e} - inner:
        inner |= grown
    # RIGHT in the names of the teacher is the person's own right: on the left of the picture.
    loops = {
        "OVAL": walk(connections.FACEMESH_FACE_OVAL, 10),
        "LEFT_EYE": walk(connections.FACEMESH_RIGHT_EYE, 33),
        "LIPS_INNER": walk([e for e in lips if set(e) <= inner], 78),
        "LIPS_OUTER": walk([e for e in lips if not set(e) & inner], 61),
        "LEFT_BROW": list(LEFT_BROW),
    }
    for name in ("EYE", "BROW"):
        loops[f"RIGHT_{name}"] = [int(partners[i]) for i in loops[f"LEFT_{name}"]]
    clockwise = {name: turn_clockwise(loop, mean) for name, loop in loops.items()}
    left_eye = fill(clockwise["LEFT_EYE"], 33, 133)
    holes = [
        *left_eye,
        *[tuple(partners[list(t)][::-1]) for t in left_eye],
        *fill(clockwise["LIPS_INNER"], 78, 308),
    ]
    holes = np.array([roll(tuple(int(i) for i in t)) for t in holes], np.int32)
    if area(mean[triangles]).sum() < 0:
        triangles = triangles[:, [0, 2, 1]]
    np.savez(
        out,
        TRIANGLES=triangles,
        HOLES=holes,
        MIRROR=partners,
        CANONICAL=mean.astype(np.float32),
        **{name: np.array(loop, np.int32) for name, loop in clockwise.items()},
    )
    upright = area(mean[np.concatenate([triangles, holes])]) > 0
    print(f"{len(triangles)} triangles, {len(holes)} in holes, {upright.mean():.3f} clockwise")


def turn_clockwise(loop, mean):
    """Return a loop in the direction that is clockwise in a picture, from the same start."""
    x, y = mean[loop, 0], mean[loop, 1]
    around = (x * np.roll(y, -1) - y * np.roll(x, -1)).sum()
    return loop if around > 0 else [loop[0], *loop[:0:-1]]


def area(corners):
    """Return twice the area [n] of triangles [n 3 2], positive where clockwise in a picture."""
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    return (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]


if __name__ == "__main__":
    main(*sys.argv[1:])
