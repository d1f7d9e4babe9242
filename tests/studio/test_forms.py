"""Forms of commands: every input can be filled in from a browser, and its results used again."""

import json

import pytest

from facewright.errors import OptionError
from facewright.jobs.interface.calls import (
    bind,
    name_output,
    place_outputs,
    write_command_line,
    write_python,
)
from facewright.jobs.interface.forms import list_forms, read_form
from facewright.jobs.interface.signature import find_command
from facewright.jobs.table import COMMANDS

FORMS = {form.name: form for form in list_forms()}


def fill(form):
    """Return as few inputs and options as a form takes."""
    inputs = {one.name: [f"{one.name}.zip"] for one in form.inputs if one.minimum}
    values = {one.name: "1" for one in form.options if one.required}
    return inputs, values


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_form_can_be_filled_in(form):
    inputs, values = fill(form)
    planned = place_outputs(form, inputs, values, "work")
    assert callable(bind(find_command(form.name), form, inputs, planned))
    assert write_command_line(form, inputs, values).startswith(f"facewright {form.name}")


def test_all_commands_but_the_studio_have_forms():
    assert [one.name for one in COMMANDS if one.name not in FORMS] == ["studio"]


def test_no_option_is_a_path_that_is_read():
    paths = {one.name for form in FORMS.values() for one in form.options if one.type == "path"}
    assert paths == {"out", "outdir", "crops", "features"}


def test_options_that_name_files_are_inputs():
    form = FORMS["train translator"]
    assert [(one.name, one.flag, one.minimum) for one in form.inputs] == [
        ("a", "--a", 1),
        ("b", "--b", 0),
    ]
    line = write_command_line(form, {"a": ["young.zip"], "b": ["old.zip"]}, {})
    assert line == "facewright train translator --a young.zip --b old.zip"


def test_mappings_are_written_as_on_the_command_line():
    form, command = FORMS["train stylegan1"], find_command("train stylegan1")
    option = form.find_option("batch_at")
    assert option.type == "mapping"
    assert "16=64" in option.default
    values = {"batch_at": ["8=4", "16=2"], "outdir": "run"}
    line = write_command_line(form, {"dataset": ["a.zip"]}, values)
    assert line == ("facewright train stylegan1 a.zip --outdir run --batch-at.8 4 --batch-at.16 2")
    python = write_python(command, form, {"dataset": ["a.zip"]}, values)
    assert "batch_at={'8': 4, '16': 2}" in python
    with pytest.raises(OptionError, match="batch_at"):
        bind(command, form, {"dataset": ["a.zip"]}, values | {"batch_at": ["8=many"]})


def test_emoji_take_a_photo_alone():
    form = FORMS["emoji"]
    assert {one.name: (one.minimum, one.maximum) for one in form.inputs} == {
        "photo": (0, 1),
        "bodies": (0, None),
    }
    assert "PHOTO" in form.inputs[0].help
    assert form.inputs[1].help.startswith("Then BODY")


def test_every_style_of_emoji_is_a_choice():
    styles = ("drawn", "toon", "baby", "character", "cutout")
    assert FORMS["emoji"].find_option("style").choices == styles


SWAP = ("swap", {"bodies": ["body.png"]})
ENHANCE = ("enhance", {"sources": ["photo.png"]})


@pytest.mark.parametrize(
    ("call", "option", "value", "python"),
    [
        (SWAP, "seed", "auto", "seed='auto'"),
        (SWAP, "seed", "12", "seed=12"),
        (SWAP, "seed", 12, "seed=12"),
        (ENHANCE, "smooth", "light", "smooth='light'"),
        (ENHANCE, "sharpen", "0.25", "sharpen=0.25"),
    ],
)
def test_an_option_takes_a_number_or_a_word(call, option, value, python):
    name, inputs = call
    form, command = FORMS[name], find_command(name)
    assert form.find_option(option).type == "text"
    values = {option: value, "consent": "self", "out": "made"}
    bind(command, form, inputs, values)
    assert python in write_python(command, form, inputs, values)


@pytest.mark.parametrize("value", ["every", 1.5, True, ["auto"]])
def test_a_word_that_an_option_does_not_take_is_refused_with_those_that_it_takes(value):
    name, inputs = SWAP
    with pytest.raises(OptionError, match="seed") as caught:
        bind(find_command(name), FORMS[name], inputs, {"seed": value, "consent": "self"})
    assert caught.value.hint == "it takes: int, auto"


def test_several_bodies_are_written_to_a_folder():
    form = FORMS["swap"]
    assert name_output(form, {"face": ["a.png"], "bodies": ["b.png"]}, {}) == "swapped.png"
    assert name_output(form, {"face": ["a.png"], "bodies": ["b.png", "c.png"]}, {}) == ""
    assert name_output(form, {"face": ["a.png"], "bodies": ["b.zip"]}, {}) == ""


def test_groups_of_commands_are_known_to_the_app():
    assert {form.group for form in FORMS.values()} == {
        *("draw", "photos", "datasets", "train", "models", "other")
    }


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_that_are_none_are_refused(studio, value):
    said = studio.send("generate", options=f'{{"seeds": "1", "truncation_psi": {value}}}')
    assert said.status_code == 422
    assert said.json()["error"]["field"] == "truncation_psi"
    said = studio.send("generate", options=f'{{"seeds": "1", "quality": {value}}}')
    assert said.status_code == 422


def test_several_files_for_one_folder_become_a_folder(studio, photo):
    files = [("path", (f"{n}.png", photo)) for n in (1, 2)]
    job = studio.send("audit", files=files, options="{}").json()
    assert [(one["file"], one["url"]) for one in job["inputs"]] == [("path", None)]
    folder = studio.store.folder(job["id"]) / "inputs/path"
    assert sorted(path.name for path in folder.iterdir()) == ["1.png", "2.png"]


def test_what_a_job_made_is_the_input_of_another(studio, photo):
    files = [("sources", ("me.png", photo))]
    options = {"licence": "CC0-1.0", "smallest": 8}
    made = studio.do(studio.send("collect", files=files, options=json.dumps(options)).json()["id"])
    assert made["state"] == "done", made["error"]
    sent = studio.send("audit", references=json.dumps({"path": {"job": made["id"]}}))
    job = studio.do(sent.json()["id"])
    assert job["state"] == "done", job["error"]
    assert [one["name"] for one in job["results"]] == ["audit.png", "outcome.json"]


def test_results_of_a_job_that_has_none_are_refused(studio, photo):
    waits = studio.send("find", files=[("sources", ("me.png", photo))]).json()["id"]
    for given, status in (({"job": waits}, 409), ({"job": "../../etc"}, 404)):
        sent = studio.send("audit", references=json.dumps({"path": given}))
        assert sent.status_code == status, sent.text


def test_forms_say_what_the_table_says():
    assert read_form(find_command("train-generator")).name == "train generator"
