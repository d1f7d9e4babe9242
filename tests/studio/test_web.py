"""The files of the app: complete, small, in two languages, and with nothing from elsewhere."""

import gzip
import json
import re
from pathlib import Path

import pytest

import facewright.studio

WEB = Path(facewright.studio.__file__).parent / "web"
SCRIPTS = sorted(WEB.rglob("*.js"))
STYLES = sorted(WEB.rglob("*.css"))


def kept_addresses():
    """Return what the service worker keeps."""
    return re.findall(r'^  "(/[^"]*)",$', (WEB / "sw.js").read_text(encoding="utf-8"), re.MULTILINE)


def find_file(address):
    return WEB / (address.removeprefix("/app/").lstrip("/") or "index.html")


def words(language):
    """Return key → words of a language."""
    text = (WEB / f"js/words/{language}.js").read_text(encoding="utf-8")
    pairs = re.findall(r'"((?:[^"\\]|\\.)+)": "((?:[^"\\]|\\.)*)"', text)
    assert len(pairs) == len(dict(pairs)), "a key stands there twice"
    return dict(pairs)


def test_service_worker_keeps_every_file_of_the_app():
    code = {path for path in [*SCRIPTS, *STYLES] if path.name != "sw.js"}
    kept = {find_file(address) for address in kept_addresses()}
    assert code <= kept
    assert all(path.is_file() for path in kept)


def test_app_shell_takes_at_most_150_kB():  # noqa: N802 - the unit
    sizes = [len(gzip.compress(find_file(address).read_bytes())) for address in kept_addresses()]
    assert sum(sizes) <= 100_000
    first = (
        "index css/base css/parts css/pages boot main api dom state i18n parts shell pile home en"
    )
    shown = [
        p
        for p in WEB.rglob("*.*")
        if any(str(p.with_suffix("")).endswith(w) for w in first.split())
    ]
    assert sum(path.stat().st_size for path in shown) <= 150_000


@pytest.mark.parametrize(
    "path", [*SCRIPTS, *STYLES, *WEB.glob("*.html")], ids=lambda path: path.name
)
def test_nothing_is_fetched_from_elsewhere(path):
    text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"(https?:)?//[a-z0-9-]+\.[a-z]", text.replace("// ", ""))


def test_page_holds_no_inline_script_or_style():
    page = (WEB / "index.html").read_text(encoding="utf-8")
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", page)
    assert all("src=" in script for script in re.findall(r"<script[^>]*>", page))


def test_korean_and_english_say_the_same_things():
    english, korean = words("en"), words("ko")
    # English takes over what the server says: labels and the help of commands.
    extra = {key for key in korean if key.split(".")[0] in {"help", "age", "gender", "ethnicity"}}
    assert english.keys() <= korean.keys()
    assert korean.keys() - extra <= english.keys()
    fields = re.compile(r"\{\w+\}")
    for key, text in english.items():
        assert sorted(fields.findall(text)) == sorted(fields.findall(korean[key])), key


def test_korean_is_korean():
    loanwords = {"mix.a", "mix.b"}
    for key, text in words("ko").items():
        named = re.search(r"[가-힣]", text) or key in loanwords or re.fullmatch(r"[\d–]+세", text)
        assert named, f"{key}: {text}"


def test_every_word_that_is_asked_for_is_there():
    english = words("en")
    for path in SCRIPTS:
        asked = re.findall(r'\bt\("([\w.]+)"', path.read_text(encoding="utf-8"))
        assert not set(asked) - english.keys(), path.name


def test_every_command_has_korean_help():
    from facewright.jobs.table import COMMANDS

    korean = words("ko")
    assert [one.name for one in COMMANDS if f"help.{one.name}" not in korean] == []


def test_effects_use_options_that_commands_have():
    from facewright.jobs.interface.forms import list_forms

    forms = {form.name: form for form in list_forms()}
    text = (WEB / "js/effects.js").read_text(encoding="utf-8")
    found = re.findall(r'command: "(\w+)".*?flags: \(.*?=> \(\{(.*?)\}\)', text, re.DOTALL)
    assert {command for command, _ in found} == {
        *("convert", "swap", "toonify", "emoji", "enhance", "expressions")
    }
    for command, flags in found:
        known = {option.flag for option in forms[command].options}
        assert set(re.findall(r'"(--[\w-]+)"', flags)) <= known, command
        assert all(one.minimum <= 1 for one in forms[command].inputs)
    photo_alone = [name for name, _ in found if sum(i.minimum for i in forms[name].inputs) <= 1]
    assert sorted(photo_alone) == sorted(command for command, _ in found)


def test_manifest_can_be_installed():
    from PIL import Image

    manifest = json.loads((WEB / "manifest.webmanifest").read_text(encoding="utf-8"))
    assert manifest["display"] == "standalone"
    assert manifest["start_url"].startswith(manifest["scope"])
    purposes = set()
    for icon in manifest["icons"]:
        path = WEB / icon["src"].lstrip("/")
        purposes.add((icon["purpose"], icon["sizes"]))
        if icon["type"] == "image/png":
            with Image.open(path) as image:
                assert f"{image.width}x{image.height}" == icon["sizes"]
    assert {("any", "192x192"), ("any", "512x512"), ("maskable", "512x512")} <= purposes
