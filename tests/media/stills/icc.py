"""Colour spaces as ICC.1 writes them, and the sRGB that their colours mean, computed without it."""

import struct

import numpy as np

D50 = (0.9642, 1.0, 0.8249)
D65 = (0.3127, 0.3290)
_BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)
SPACES = {
    "sRGB": (((0.64, 0.33), (0.30, 0.60), (0.15, 0.06)), D65, 2.2),
    "Display P3": (((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)), D65, 2.2),
    "P3 as sRGB curves": (((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)), D65, None),
    "Adobe RGB": (((0.64, 0.33), (0.21, 0.71), (0.15, 0.06)), D65, 563 / 256),
    "ProPhoto": (((0.7347, 0.2653), (0.1596, 0.8404), (0.0366, 0.0001)), (0.3457, 0.3585), 1.8),
}  # primaries, white, gamma; None is the curve of sRGB


def to_d50(name):
    """The matrix from linear RGB of a space to XYZ, adapted to D50 (Bradford)."""
    primaries, white, _ = SPACES[name]

    def xyz(x, y):
        return np.array([x / y, 1, (1 - x - y) / y])

    columns = np.stack([xyz(*one) for one in primaries], axis=1)
    matrix = columns * np.linalg.solve(columns, xyz(*white))
    scale = (_BRADFORD @ D50) / (_BRADFORD @ xyz(*white))
    return np.linalg.inv(_BRADFORD) @ np.diag(scale) @ _BRADFORD @ matrix


def encode_in(name, srgb):
    """Write colours of sRGB (levels) as levels of another space."""
    levels = np.asarray(srgb) / 255
    linear = np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)
    theirs = linear @ (np.linalg.inv(to_d50(name)) @ to_d50("sRGB")).T
    theirs = theirs.clip(0, 1)
    curved = np.where(
        theirs <= 0.0031308, theirs * 12.92, 1.055 * theirs ** (1 / 2.4) - 0.055
    )  # of sRGB
    gamma = SPACES[name][2]
    return ((theirs ** (1 / gamma) if gamma else curved) * 255).round().astype(np.uint8)


def write_profile(tags, *, space=b"RGB ", kind=b"mntr", version=2):
    """A profile of some tags, name → bytes."""
    place, table, body = 132 + 12 * len(tags), b"", b""
    for name, data in tags.items():
        table += name + struct.pack(">II", place + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    size = place + len(body)
    head = struct.pack(">I4sI4s4s4s", size, b"lcms", version << 24, kind, space, b"XYZ ")
    head += struct.pack(">6H4s", 2026, 1, 1, 0, 0, 0, b"acsp") + bytes(28)
    head += b"".join(_fixed(x) for x in D50)
    return head + bytes(128 - len(head)) + struct.pack(">I", len(tags)) + table + body


def profile_of(name, *, version=2):
    """The profile of one of `SPACES`."""
    tags = {b"desc": _text(name, version), b"cprt": _text("free", version), b"wtpt": _xyz(D50)}
    matrix, gamma = to_d50(name), SPACES[name][2]
    tags |= {b"rgb"[i : i + 1] + b"XYZ": _xyz(matrix[:, i]) for i in range(3)}
    tags |= {b"rgb"[i : i + 1] + b"TRC": _curve(gamma) for i in range(3)}
    return write_profile(tags, version=version)


def grey_profile(gamma):
    """The profile of grey pictures with a gamma."""
    tags = {b"desc": _text("grey", 2), b"cprt": _text("free", 2), b"wtpt": _xyz(D50)}
    return write_profile(tags | {b"kTRC": _curve(gamma)}, space=b"GRAY")


def ink_profile(ink):
    """The profile of a press: more ink of each kind makes less of `ink` (3), and black of all."""
    grid = np.stack(np.meshgrid(*[[0.0, 1.0]] * 4, indexing="ij"), axis=-1).reshape(-1, 4)
    light = (1 - grid[:, :3] * np.asarray(ink)) * (1 - grid[:, 3:])  # [16 3], of the white
    values = (light * D50 / 1.99997 * 65535).round().astype(">u2").tobytes()
    steps = struct.pack(">4H", 0, 65535, 0, 65535)[:4]
    table = b"mft2" + bytes(4) + bytes([4, 3, 2, 0])
    table += b"".join(_fixed(x) for x in np.eye(3).ravel())
    table += struct.pack(">HH", 2, 2) + steps * 4 + values + steps * 3
    tags = {b"desc": _text("press", 2), b"cprt": _text("free", 2), b"wtpt": _xyz(D50)}
    return write_profile(tags | {b"A2B0": table}, space=b"CMYK", kind=b"prtr")


def _fixed(number):
    return struct.pack(">i", round(float(number) * 65536))


def _xyz(numbers):
    return b"XYZ " + bytes(4) + b"".join(_fixed(x) for x in numbers)


def _curve(gamma):
    return b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256))


def _text(text, version):
    if version == 4:
        wide = text.encode("utf-16-be")
        return b"mluc" + bytes(4) + struct.pack(">II4sII", 1, 12, b"enUS", len(wide), 28) + wide
    plain = text.encode() + b"\0"
    return b"desc" + bytes(4) + struct.pack(">I", len(plain)) + plain + bytes(78)
