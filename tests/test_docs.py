"""The commands and the Python that the documentation shows: each of them runs.

A fence that begins with `console` holds commands, one per line that begins with `$ facewright`. The
commands of one page run in order in one new folder, so that one may show what another made. Where
that would take long, or needs files that the page does not make, the fence says
`console {no-run}`. Fences of `python` run in order, too, unless they say `python {no-run}`.

By default, searches take fewer steps and clips fewer seconds than the pages say; the tests marked
`slow` run every page as it stands.
"""

import re
import runpy
import shlex
from itertools import pairwise
from pathlib import Path

import pytest

from facewright.provenance.publish import read_manifest

ROOT = Path(__file__).parents[1]
SCREENSHOTS = ROOT / "docs/assets/studio"  # of a page, as a browser shows it
PICTURES = [*(ROOT / "docs").rglob("*.[pj][np]g"), *(ROOT / "recipes").rglob("*.[pj][np]g")]
PICTURES = [picture for picture in PICTURES if picture.parent != SCREENSHOTS]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```console(?P<tags>[^\n]*)\n(?P<body>.*?)^```", re.MULTILINE | re.DOTALL)
LONGEST = {"--refine": 2, "--seconds": 0.5}  # what takes long, and is the same code at any length
PYTHON = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def commands(text):
    """Return the arguments of every command that runs, in order."""
    bodies = [m["body"] for m in FENCE.finditer(text) if "no-run" not in m["tags"]]
    lines = "".join(bodies).replace("\\\n", " ").splitlines()
    return [
        shlex.split(line, comments=True)[2:] for line in lines if line.startswith("$ facewright")
    ]


def shorten(argv):
    """Return the arguments of a command that takes less time and does the same."""
    return argv[:1] + [
        f"{min(float(word), LONGEST[option]):g}" if option in LONGEST else word
        for option, word in pairwise(argv)
    ]


def exit_status(argv):
    from facewright.cli.main import main

    try:
        return main(argv)
    except SystemExit as error:
        return error.code


@pytest.mark.parametrize("prepare", [shorten, pytest.param(list, marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if commands(page.read_text(encoding="utf-8"))],
    ids=lambda page: page.relative_to(ROOT).as_posix(),
)
def test_commands_on_the_page_run(page, prepare, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for argv in map(prepare, commands(page.read_text(encoding="utf-8"))):
        status = exit_status(argv)
        printed = capsys.readouterr()
        assert not status, f"facewright {shlex.join(argv)}\n{printed.out}{printed.err}"


def test_no_page_writes_what_another_page_writes():
    writes = {}
    for page in PAGES:
        for argv in commands(page.read_text(encoding="utf-8")):
            for option, value in pairwise(argv):
                if option in {"-o", "--outdir"}:
                    assert writes.setdefault(value, page) == page, value


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, marks=pytest.mark.slow if page.name == "README.md" else ())
        for page in PAGES
        if PYTHON.search(page.read_text(encoding="utf-8"))
    ],
    ids=lambda page: page.relative_to(ROOT).as_posix(),
)
def test_python_on_the_page_runs(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    script = "\n".join(PYTHON.findall(page.read_text(encoding="utf-8")))
    if page.name != "README.md":  # whose test is slow anyway
        script = re.sub(r"refine=\d+", f"refine={LONGEST['--refine']}", script)
    assert exec(compile(script, page.name, "exec"), {}) is None  # noqa: S102


@pytest.fixture(scope="module")
def redrawn():
    """What recipes/common/pictures.py can draw."""
    return runpy.run_path(str(ROOT / "recipes/common/pictures.py"))


def test_one_script_draws_every_picture_of_the_documentation_again(redrawn):
    there = {path.name for path in (ROOT / "docs/assets").glob("*.[pj][np]g")}
    assert {*redrawn["COMMANDS"], *redrawn["SHEETS"]} == there


def test_the_command_of_a_picture_stands_beside_it(redrawn):
    for name, line in redrawn["COMMANDS"].items():
        wanted = re.sub(r" --consent '[^']*'| -o \S+", "", f"facewright {line}")
        pages = [page.read_text(encoding="utf-8") for page in PAGES]
        beside = [" ".join(text.split()) for text in pages if f"assets/{name}" in text]
        assert any(wanted in text for text in beside), wanted


def test_commands_are_found_in_order():
    text = """
```console
$ facewright generate --seeds 0-3 \\
    -o 'two words.png'
a line of output
$ ls
$ facewright show 'two words.png'  # its manifest
```

```console {no-run}
$ facewright train generator faces.zip
```

```sh
facewright doctor
```
"""
    assert commands(text) == [
        ["generate", "--seeds", "0-3", "-o", "two words.png"],
        ["show", "two words.png"],
    ]


def test_commands_of_the_gallery_are_understood():
    from facewright.cli.main import build_app

    page = (ROOT / "docs/gallery.md").read_text(encoding="utf-8")
    found = re.findall(r"`facewright ([a-z].*?)`", page)
    assert len(found) > 10
    for line in found:
        build_app().parse_args(shlex.split(line), exit_on_error=False, print_error=False)


@pytest.mark.parametrize("picture", PICTURES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_picture_says_how_it_came_about(picture):
    assert read_manifest(picture).models


@pytest.mark.parametrize("picture", sorted(SCREENSHOTS.glob("*.webp")), ids=lambda path: path.name)
def test_screenshot_is_small(picture):
    assert picture.stat().st_size <= 150_000
