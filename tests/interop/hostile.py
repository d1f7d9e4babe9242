"""Files that want to run something, or to fill the memory; each is made for one canary."""

from __future__ import annotations

import io
import pickle
import zipfile
from collections import OrderedDict


def name(module, function):
    return b"c" + f"{module}\n{function}\n".encode()


def text(value):
    return b"X" + len(value.encode()).to_bytes(4, "little") + value.encode()


def call(module, function, *arguments):
    """Return a pickle that calls a function with strings."""
    packed = b"".join(text(argument) for argument in arguments)
    return b"\x80\x02" + name(module, function) + b"(" + packed + b"tR."


class Caller:
    """Pickles as a call."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def calls(canary):
    """Return pickles that would call something, by name."""
    import os
    import subprocess

    shell = f"touch {canary}"
    python = f"open({str(canary)!r}, 'w').close()"
    found = {f"system, protocol {n}": pickle.dumps(Caller(os.system, shell), n) for n in range(6)}
    for module, function in (
        ("builtins", "eval"),
        ("builtins", "exec"),
        ("__builtin__", "eval"),
        ("nt", "system"),
        ("posix", "popen"),
        ("os", "system"),
        ("subprocess", "getoutput"),
        ("runpy", "_run_code"),
        ("timeit", "timeit"),
        ("code", "interact"),
        ("torch", "load"),
        ("torch.hub", "load"),
        ("numpy", "load"),
        ("importlib", "import_module"),
        ("builtins", "__import__"),
        ("pickle", "loads"),
    ):
        code = python if function in ("eval", "exec", "timeit", "_run_code") else shell
        found[f"{module}.{function}"] = call(module, function, code)
    body = text(shell)
    system = name("os", "system")
    found |= {
        "newobj": b"\x80\x02" + name("subprocess", "Popen") + b"(" + body + b"t\x81.",
        "newobj with names": b"\x80\x04" + name("os", "system") + b"(" + body + b"t}\x92.",
        "obj": b"(" + system + body + b"o.",
        "inst": b"(" + body + b"ios\nsystem\n.",
        "stack global": b"\x80\x04" + text("os") + text("system") + b"\x93(" + body + b"tR.",
        "call of a call": b"\x80\x02"
        + name("functools", "partial")
        + b"("
        + system
        + body
        + b"tR)R.",
        "build": b"\x80\x02" + name("os", "_wrap_close") + b")\x81}(" + text("x") + body + b"ub.",
        "attribute chain": b"\x80\x04"
        + text("os")
        + text("path.os.system")
        + b"\x93("
        + body
        + b"tR.",
        "code before the value": b"\x80\x02" + system + b"(" + body + b"tR0N.",
        "import of a module that acts": b"\x80\x02" + name("antigravity", "fly") + b")R.",
        "popen": pickle.dumps({"G_ema": Caller(subprocess.Popen, ["touch", str(canary)])}),
        "state dictionary": pickle.dumps(OrderedDict(x=Caller(os.system, shell))),
    }
    evil = found["system, protocol 4"]
    size = len(evil).to_bytes(4, "little")
    found["nested storage"] = (
        b"\x80\x02}"
        + text("convs.0.constant")
        + name("torch._utils", "_rebuild_tensor_v2")
        + b"("
        + name("torch.storage", "_load_from_bytes")
        + b"(B"
        + size
        + evil
        + b"tR"
        + b"K\x00K\x01\x85K\x01\x85\x89}tRs."
    )
    return found


def bombs():
    """Return pickles that would take the memory, the stack or the time, by name."""
    big = (1 << 62).to_bytes(8, "little")
    tensor = name("torch._utils", "_rebuild_tensor_v2")
    storage = b"(" + text("storage") + name("torch", "FloatStorage") + text("0") + text("cpu")
    huge = b"J\xff\xff\xff\x7f"
    return {
        "bytes": b"\x80\x04\x8e" + big + b"x.",
        "text": b"\x80\x04\x8d" + big + b"x.",
        "bytearray": b"\x80\x05\x96" + big + b"x.",
        "integer": b"\x80\x02\x8b\xff\xff\xff\x7f1.",
        "decimal": b"I" + b"9" * 100_000 + b"\n.",
        "frame": b"\x80\x04\x95" + b"\xff" * 8,
        "memo": b"\x80\x02Nr\xff\xff\xff\xff.",
        "memo in decimal": b"Np" + b"9" * 4000 + b"\n.",
        "nested tuples": b"\x80\x02)" + b"\x85" * 100_000 + b".",
        "nested lists": b"\x80\x02" + b"]" * 80_000 + b"a" * 79_999 + b".",
        "nested calls": b"\x80\x02" + (name("a", "b") + b")R") + b")R" * 80_000 + b".",
        "marks": b"(" * 100_000 + b".",
        "laughs": b"\x80\x02)" + b"2\x86" * 100 + b".",
        "laughs by key": b"\x80\x02}q\x00" + b"(h\x00h\x00tq\x00" * 100 + b".",
        "endless": b"\x80\x02" + b"N0" * 600_000 + b"N.",
        "deep key": b"\x80\x02})" + b"\x85" * 100_000 + b"Ns.",
        "list that holds itself": b"\x80\x02]q\x00h\x00a.",
        "modules in themselves": b"\x80\x02}"
        + text("G_ema")
        + name("torch_utils.persistence", "_reconstruct_persistent_obj")
        + b"}q\x00\x85Rq\x01h\x00"
        + text("state")
        + b"}"
        + text("_modules")
        + b"}("
        + text("a")
        + b"h\x01"
        + text("b")
        + b"h\x01uss0s.",
        "networks in themselves": b"\x80\x04"
        + name("dnnlib.tflib.network", "Network")
        + b")\x81q\x00}("
        + text("version")
        + b"K\x04"
        + text("components")
        + b"}("
        + text("a")
        + b"h\x00"
        + text("b")
        + b"h\x00uub.",
        "networks that hold themselves": b"\x80\x02}q\x00" + text("G_ema") + b"h\x00s.",
        "tensor": b"\x80\x02}"
        + text("synthesis.b4.const")
        + tensor
        + b"("
        + storage
        + b"K\x01tQK\x00"
        + huge * 2
        + b"\x86K\x00K\x00\x86\x89}tRs.",
        "negative tensor": b"\x80\x02}"
        + text("input.input")
        + tensor
        + b"("
        + storage
        + b"K\x01tQK\x00J\xff\xff\xff\xff\x85K\x01\x85\x89}tRs.",
        "array": b"\x80\x02"
        + name("numpy.core.multiarray", "_reconstruct")
        + b")R(K\x01"
        + huge
        + b"\x85"
        + name("numpy", "dtype")
        + b"("
        + text("f8")
        + b"tR\x89C\x00tb.",
        "array of objects": b"\x80\x02"
        + name("numpy.core.multiarray", "_reconstruct")
        + b")R(K\x01K\x01"
        + b"\x85"
        + name("numpy", "dtype")
        + b"("
        + text("O8")
        + b"tR\x89]tb.",
    }


def broken():
    """Return what is no pickle, or none of a network, by name."""
    return {
        "nothing": b"",
        "stop alone": b".",
        "extension": b"\x80\x02\x82\x01.",
        "protocol of the future": b"\x80\xff.",
        "buffer from outside": b"\x80\x05\x97.",
        "get before put": b"h\x07.",
        "empty stack": b"\x80\x02R.",
        "unknown code": b"\x80\x02\xff.",
        "append to a number": b"K\x01K\x02a.",
        "pairs that are none": b"}(K\x01u.",
        "build of a number": b"K\x01}b.",
        "persistent number": b"\x80\x02}" + text("x") + b"K\x01Qs.",
        "no text": b"\x80\x04\x8c\x02\xff\xfe.",
        "plain text": b"hello, this is no network at all",
        "half a line": b"cos",
        "older form, cut": pickle.dumps(0x1950A86A20F9469CFC6C, 2),
    }


def zipped(members, *, compression=zipfile.ZIP_STORED):
    """Return an archive of members: name → bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for member, data in members:
            archive.writestr(member, data)
    return buffer.getvalue()


def archives(canary):
    """Return archives that are not what PyTorch writes, by name."""
    evil = calls(canary)["system, protocol 2"]
    plain = ("x/data.pkl", b"\x80\x02}.")
    return {
        "slip": zipped([plain, ("../../evil.py", b"")]),
        "absolute": zipped([plain, ("/evil/x.py", b"")]),
        "drive": zipped([plain, ("C:/evil.py", b"")]),
        "backslash": zipped([plain, ("..\\evil.py", b"")]),
        "program": zipped([plain, ("x/code/__torch__.py", b"import os")]),
        "packed": zipped(
            [plain, ("x/data/0", bytes(50_000_000))], compression=zipfile.ZIP_DEFLATED
        ),
        "two": zipped([plain, ("y/data.pkl", b"N.")]),
        "none": zipped([("x/readme.txt", b"hello")]),
        "call": zipped([("x/data.pkl", evil)]),
        "other order of bytes": zipped([plain, ("x/byteorder", b"big")]),
        "cut": zipped([plain])[:-30],
    }


def keras_files(h5py, path):
    """Return files of HDF5 that point elsewhere or claim too much, by name; `path` is scratch."""
    layout = h5py.VirtualLayout((4,), "f4")
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", (4,))
    packed = {"compression": "gzip", "chunks": (1 << 20,)}
    fillings = {
        "link to another file": lambda g: g.update(a=h5py.ExternalLink("/etc/passwd", "/x")),
        "link by name": lambda g: g.update(a=h5py.SoftLink("/model_weights")),
        "numbers kept in another file": lambda g: g.create_dataset(
            "a", (4,), "f4", external=[("/etc/passwd", 0, 16)]
        ),
        "virtual array": lambda g: g.create_virtual_dataset("a", layout),
        "packed zeros": lambda g: g.create_dataset("a", data=bytearray(50_000_000), **packed),
        "numbers that were never written": lambda g: g.create_dataset(
            "a", (1 << 40,), "f4", **packed
        ),
        "group in itself": lambda g: g.update(a=g),
        "text": lambda g: g.create_dataset("a", data=["x"], dtype=h5py.string_dtype()),
        "references": lambda g: g.create_dataset("a", (3,), h5py.ref_dtype),
        "records": lambda g: g.create_dataset("a", (3,), [("x", "f4"), ("y", "f4")]),
        "nothing": lambda g: g,
        "many arrays": lambda g: [g.create_dataset(str(i), (1,), "f4") for i in range(2_001)],
    }
    found = {}
    for name_, fill in fillings.items():
        with h5py.File(path, "w") as file:
            fill(file.create_group("model_weights"))
        found[name_] = path.read_bytes()
    found["cut"] = found["records"][:-100]
    found["beginning alone"] = found["records"][:8]
    far = b"\xff" * 7 + b"\x7f"
    found["end beyond all files"] = found["records"][:40] + far + found["records"][48:]
    found["root beyond the end"] = found["records"][:64] + far + found["records"][72:]
    path.unlink()
    return found
