"""Every command: its name, the function behind it, one line of help."""

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

_SECTION = re.compile(r"^(\w+):\n((?:(?: .*)?\n)+)", re.MULTILINE)  # of a docstring


@dataclass(frozen=True, slots=True)
class Command:
    """One command. The function's own signature and docstring are its options and their help."""

    name: str
    function: str
    """Where it is, module:name; loaded when the command runs, not for the list of commands."""
    help: str
    prints: str = "files"
    """What it prints; the name of one of `outcome.PRINTERS`."""
    data: bool = False
    """Whether it prints JSON on demand."""
    computes: bool = False
    """Whether networks run in it, so that the C library keeps memory for them."""
    repeatable: bool = False
    """Whether `remake` makes its results again from their manifests."""
    bulk: bool = False
    """Whether `bulk` runs it over many pictures with many workers."""
    lengthy: bool = False
    """Whether it may take minutes even for one picture, or none: the studio lets others pass."""
    renames: str | None = None
    """What turns an options file with names of other programs into one with ours: module:name."""

    def load(self) -> Callable[..., Any]:
        """Return the function. Its module imports no PyTorch before the function is called."""
        return _import(self.function)

    def rename(self, told: dict[str, Any]) -> dict[str, Any]:
        """Return what an options file says under the names of this command."""
        return _import(self.renames)(told) if self.renames else told

    def list_examples(self) -> list[str]:
        """Return command lines to start from: the section `Examples` of the docstring."""
        sections = _SECTION.findall((inspect.getdoc(self.load()) or "") + "\n")
        lines = "\n".join(text for name, text in sections if name == "Examples").splitlines()
        return [line.strip() for line in lines if line.strip()]


def _import(name: str) -> Callable[..., Any]:
    """Return the function that a module:name stands for."""
    module, _, attribute = name.partition(":")
    return getattr(import_module(module), attribute)


COMMANDS = (
    Command(
        "generate",
        "facewright.jobs.commands.draw.generate:generate_faces",
        "Generate people who do not exist.",
        computes=True,
        repeatable=True,
    ),
    Command(
        "mix",
        "facewright.jobs.commands.draw.mix:mix_faces",
        "Mix the styles of people: a grid as in the StyleGAN papers.",
        computes=True,
        repeatable=True,
    ),
    Command(
        "interpolate",
        "facewright.jobs.commands.draw.interpolate:interpolate_faces",
        "Walk from person to person: a clip.",
        computes=True,
        repeatable=True,
        lengthy=True,
    ),
    Command(
        "restyle",
        "facewright.jobs.commands.draw.restyle:restyle_face",
        "Give a face the styles of another, in all layers or some.",
        computes=True,
        repeatable=True,
    ),
    Command(
        "edit",
        "facewright.jobs.commands.draw.edit:edit_face",
        "Move a face along directions: age, smile, pose, light and more.",
        computes=True,
        repeatable=True,
    ),
    Command(
        "show",
        "facewright.jobs.commands.show:show_file",
        "Say how a file came about.",
        prints="manifest",
        data=True,
    ),
    Command(
        "verify",
        "facewright.jobs.commands.verify:verify_files",
        "Say who signed files, and whether they were altered since and are marked.",
        prints="verified",
        data=True,
    ),
    Command(
        "remake",
        "facewright.jobs.commands.remake:remake_file",
        "Make a file again from its manifest.",
        prints="remade",
        computes=True,
    ),
    Command(
        "find",
        "facewright.jobs.commands.photos.find:find_faces",
        "Find faces in pictures and clips: boxes, points, and which way they look.",
        prints="outcome",
        data=True,
        computes=True,
        bulk=True,
    ),
    Command(
        "swap",
        "facewright.jobs.commands.photos.swap:swap_faces",
        "Put a face onto the body of a picture or clip.",
        prints="outcome",
        data=True,
        computes=True,
        repeatable=True,
        bulk=True,
    ),
    Command(
        "morph",
        "facewright.jobs.commands.photos.morph:morph_pictures",
        "Turn one face into another: a clip or a sheet; or draw the mean of several.",
        computes=True,
        repeatable=True,
        lengthy=True,
    ),
    Command(
        "enhance",
        "facewright.jobs.commands.photos.enhance:enhance_pictures",
        "Make small or dull pictures and clips large and clear.",
        prints="outcome",
        data=True,
        computes=True,
        repeatable=True,
        bulk=True,
    ),
    Command(
        "invert",
        "facewright.jobs.commands.draw.invert:invert_photos",
        "Find the latents from which a generator draws the face of a photo.",
        prints="outcome",
        data=True,
        computes=True,
        repeatable=True,
        bulk=True,
        lengthy=True,
    ),
    Command(
        "convert",
        "facewright.jobs.commands.photos.convert:convert_pictures",
        "Convert faces from one style to another, such as young to old, and back.",
        prints="outcome",
        data=True,
        computes=True,
        repeatable=True,
        bulk=True,
    ),
    Command(
        "expressions",
        "facewright.jobs.commands.photos.expressions:read_expressions",
        "Read expressions in pictures, clips and cameras: seven bars beside each face.",
        prints="outcome",
        data=True,
        computes=True,
        repeatable=True,
        bulk=True,
    ),
    Command(
        "toonify",
        "facewright.jobs.commands.photos.toonify:toonify_faces",
        "Draw somebody as a character: a picture or a clip.",
        prints="outcome",
        data=True,
        computes=True,
        repeatable=True,
        bulk=True,
    ),
    Command(
        "emoji",
        "facewright.jobs.commands.photos.emoji.make:make_emoji",
        "Make emoji of a person: seven expressions, cut out, in three sizes; or over faces.",
        prints="outcome",
        data=True,
        computes=True,
        repeatable=True,
    ),
    Command(
        "collect",
        "facewright.jobs.commands.datasets.collect:collect_pictures",
        "Gather pictures into a library, each with its source and licence.",
        prints="gathered",
        data=True,
        lengthy=True,
    ),
    Command(
        "prepare",
        "facewright.jobs.commands.datasets.prepare:prepare_dataset",
        "Cut the faces out of pictures: an aligned dataset for training.",
        prints="prepared",
        data=True,
        computes=True,
        lengthy=True,
    ),
    Command(
        "audit",
        "facewright.jobs.commands.datasets.audit:audit_pictures",
        "Report licences, consents, balance and duplicates; remove pictures.",
        prints="audit",
        data=True,
        lengthy=True,
    ),
    Command(
        "train generator",
        "facewright.jobs.commands.train.generator:train_generator",
        "Train a generator, or go on training one.",
        prints="training",
        computes=True,
        lengthy=True,
    ),
    Command(
        "train stylegan1",
        "facewright.jobs.commands.train.stylegan1:train_stylegan1",
        "Train a StyleGAN 1, growing from small pictures to large ones.",
        prints="training",
        computes=True,
        lengthy=True,
        renames="facewright.jobs.commands.train.stylegan1:rename_stylegan1",
    ),
    Command(
        "train translator",
        "facewright.jobs.commands.train.translator:train_translator",
        "Train translators between two styles, there and back, or go on training them.",
        prints="training",
        computes=True,
        lengthy=True,
    ),
    Command(
        "train detector",
        "facewright.jobs.commands.train.detector:train_detector",
        "Train a network that finds faces, or go on training one.",
        prints="training",
        computes=True,
        lengthy=True,
    ),
    Command(
        "train mesh",
        "facewright.jobs.commands.train.mesh:train_mesh",
        "Train a network that places 478 points on a face, or go on training one.",
        prints="training",
        computes=True,
        lengthy=True,
    ),
    Command(
        "train encoder",
        "facewright.jobs.commands.train.encoder:train_encoder",
        "Train an encoder, which finds the latents of faces, or go on training one.",
        prints="training",
        computes=True,
        lengthy=True,
    ),
    Command(
        "train enhancer",
        "facewright.jobs.commands.train.enhancer:train_enhancer",
        "Train an enhancer, which makes pictures large and clear, or go on training one.",
        prints="training",
        computes=True,
        lengthy=True,
    ),
    Command(
        "train refiner",
        "facewright.jobs.commands.train.enhancer:train_refiner",
        "Train a refiner, which draws faces at twice their size, or go on training one.",
        prints="training",
        computes=True,
        lengthy=True,
    ),
    Command(
        "train expressions",
        "facewright.jobs.commands.train.expressions:train_expressions",
        "Train a network that names expressions, or go on training one.",
        prints="training",
        computes=True,
        lengthy=True,
    ),
    Command(
        "evaluate",
        "facewright.jobs.commands.models.evaluate:evaluate_generator",
        "Measure how good, how varied and how original a generator is.",
        prints="measured",
        data=True,
        computes=True,
        lengthy=True,
    ),
    Command(
        "models list",
        "facewright.jobs.commands.models.list:list_models",
        "List the weights that are known by name.",
        prints="listed",
        data=True,
    ),
    Command(
        "models show",
        "facewright.jobs.commands.models.show:show_model",
        "Print the card of some weights.",
        prints="shown",
        data=True,
    ),
    Command(
        "models fetch",
        "facewright.jobs.commands.models.fetch:fetch_model",
        "Fetch weights, so that they are there without a network.",
        lengthy=True,
    ),
    Command(
        "models import",
        "facewright.jobs.commands.models.import_:import_model",
        "Read a checkpoint of another project, without running what is in it.",
        prints="imported",
        data=True,
        lengthy=True,
    ),
    Command(
        "models export",
        "facewright.jobs.commands.models.export:export_model",
        "Write a generator for other projects: .pt, .safetensors or .onnx.",
        lengthy=True,
    ),
    Command(
        "models breed",
        "facewright.jobs.commands.models.breed:breed_models",
        "Make one generator out of two, layer by layer.",
        lengthy=True,
    ),
    Command(
        "models compare",
        "facewright.jobs.commands.models.compare:compare_snapshots",
        "Lay the snapshots of a run side by side: the same people by each.",
        computes=True,
        lengthy=True,
    ),
    Command(
        "models verify",
        "facewright.jobs.commands.models.verify:verify_models",
        "Check the sha256 of all weights on this machine.",
        prints="checked",
        data=True,
        lengthy=True,
    ),
    Command(
        "doctor",
        "facewright.jobs.commands.doctor.examine:examine",
        "Say what this machine can do, and how to mend what is wrong.",
        prints="diagnosis",
        data=True,
        computes=True,
        lengthy=True,
    ),
    Command(
        "demo",
        "facewright.jobs.commands.demo.make:make_demo",
        "Make one picture with each command, and a page that shows them.",
        computes=True,
        lengthy=True,
    ),
    Command(
        "studio",
        "facewright.studio.serve:open_studio",
        "Open the studio in the browser: all commands as an app, here or on a phone.",
    ),
)

BULK = tuple(
    replace(
        one,
        name=f"bulk {one.name}",
        function=f"facewright.bulk.commands:{one.name}",
        prints="outcome",
        repeatable=False,
        bulk=False,
    )
    for one in COMMANDS
    if one.bulk
)
"""What the terminal has beside: commands over many pictures with many workers."""

GROUPS = {
    "bulk": "Run a command over any number of pictures, with many workers.",
    "train": "Train networks.",
    "models": "List, fetch, check, import, export, breed and compare weights.",
}
"""Commands of two words: the first word and its line of help."""
