"""Photograph every page of the studio for the documentation, on a phone and on a desktop.

    facewright studio --port 8421 --no-browser --data /tmp/empty
    python -m tests.studio.browser.shoot http://127.0.0.1:8421 docs/assets/studio

Only people who do not exist are shown.
"""

import io
import json
import re
import sys
import time
from functools import partial
from pathlib import Path
from urllib.request import Request, urlopen

from PIL import Image
from playwright.sync_api import Page, sync_playwright
from tests.studio.browser.conftest import CHROMIUM, DESKTOP, FLAGS, PHONE, wait_until

LARGEST = 62_000  # bytes of a picture
ME = 13
SEEN = [9, 24, 33, 8, 26, 16]
_MEMORY = {"seen": [{"seed": seed} for seed in SEEN], "face": {"seed": 16}}
_MIX = {"a": {"seed": 16}, "b": {"seed": 9}, "amounts": [0] * 4 + [0.5] * 4 + [1] * 4}
_BEFORE = [
    ("interpolate", {}, {"seeds": "9,24,13", "seconds": 3, "size": 256}),
    ("toonify", {"sources": {"seed": 9}}, {}),
    ("generate", {}, {"seeds": "24", "size": 512}),
    ("restyle", {"face": "seed:16", "style": "seed:9"}, {"layers": "fine"}),
    ("swap", {"face": {"seed": 9}, "bodies": {"seed": 33, "size": 512}}, {}),
    ("convert", {"sources": {"seed": 26, "size": 512}}, {"with": "wear"}),
    ("enhance", {"sources": {"seed": 33}}, {"scale": 4}),
]
_SHOWN = """[...document.images].every((image) => image.naturalWidth
  || image.getBoundingClientRect().top > innerHeight || !image.offsetParent)"""


def ask(address, path, **parts):
    """Ask the studio; with parts, as a form."""
    if not parts:
        with urlopen(f"{address}/api/v1{path}") as answer:
            return answer.read()
    lines = [
        f'--x\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}' for k, v in parts.items()
    ]
    body = "\r\n".join([*lines, "--x--", ""]).encode()
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    with urlopen(Request(f"{address}/api/v1{path}", body, headers)) as answer:
        return answer.read()


def fill_gallery(address):
    """Let the studio make what somebody may have made before."""
    for command, references, options in _BEFORE:
        parts = {"references": json.dumps(references), "options": json.dumps(options)}
        job = json.loads(ask(address, f"/jobs/{command}", **parts))["id"]
        while (state := json.loads(ask(address, f"/jobs/{job}")))["state"] in ("queued", "running"):
            time.sleep(0.5)
        assert state["state"] == "done", state["error"]


def write_camera(portrait, path):
    """Write what the camera sees: somebody who moves a little, as motion JPEG."""
    with path.open("wb") as file:
        for step in range(30):
            scene = Image.new("RGB", (640, 480), (196, 190, 182))
            scene.paste(portrait.resize((400, 400)), (105 + abs(step - 15), 50))
            frame = io.BytesIO()
            scene.save(frame, "JPEG", quality=92)
            file.write(frame.getvalue())


def save(page, what, *, folder, size):
    """Save what a page shows, as well as fits."""
    path = folder / f"{what}-{size}.webp"
    wait_until(page, _SHOWN)
    page.wait_for_timeout(1500)  # movements end
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    for quality in (86, 80, 74, 66, 58, 50):
        data = io.BytesIO()
        picture.save(data, "WEBP", quality=quality, method=6)
        if data.tell() <= LARGEST:
            break
    path.write_bytes(data.getvalue())
    print(path.name, data.tell(), quality)  # noqa: T201


def try_on(page: Page, picture, effect, deed):
    """Choose a picture and an effect, and wait for what comes of it."""
    if page.locator(".choose").count():
        page.set_input_files("input[name=picture]", picture)
    page.get_by_role("radiogroup", name="Effects").get_by_text(effect, exact=True).click()
    page.get_by_role("button", name=deed).click()
    page.locator("dialog, .busy button").first.wait_for()
    if page.locator("dialog").count():
        yield "consent"
        page.get_by_role("button", name="Nobody real").click()
    page.locator(".busy button").wait_for()
    page.locator(".busy").wait_for(state="detached")
    yield effect.lower()


def photograph(page, address, picture, shot):
    """Go through all pages."""
    page.goto(f"{address}/#/home")
    page.wait_for_selector("fw-pile img[data-here]")
    shot(page, "home")
    page.goto(f"{address}/#/try")
    page.wait_for_selector(".choose")
    shot(page, "choose")
    for name in try_on(page, picture, "Older", "Make me older"):
        shot(page, "try" if name == "older" else name)
    for name in try_on(page, picture, "Emoji", "Make my emoji"):
        shot(page, name)
    page.get_by_role("link", name="How it came about").click()
    page.get_by_role("heading", name="Credentials").wait_for()
    shot(page, "result")
    page.goto(f"{address}/#/mix")
    page.wait_for_selector(".blend img")
    shot(page, "mix")
    page.goto(f"{address}/#/live?effect=swap")
    page.get_by_role("button", name="Start the camera").click()
    page.get_by_role("button", name="Nobody real").click()
    page.get_by_text(re.compile("[1-9] fps")).wait_for()
    shot(page, "live")
    for route in ("gallery", "experts"):
        page.goto(f"{address}/#/{route}")
        page.wait_for_selector(".tile img, .entry")
        shot(page, route)
    page.goto(f"{address}/#/experts/convert")
    page.wait_for_selector("form")
    shot(page, "form")


def main(address, folder):
    """Photograph the studio at an address into a folder."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    picture, camera = folder / "me.webp", folder / "camera.mjpeg"
    picture.write_bytes(ask(address, f"/faces/{ME}.webp?size=512"))
    write_camera(Image.open(picture).convert("RGB"), camera)
    fill_gallery(address)
    flags = [*FLAGS, f"--use-file-for-fake-video-capture={camera}"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        for name, size, scheme in (("phone", PHONE, "light"), ("desktop", DESKTOP, "dark")):
            context = browser.new_context(
                **size, color_scheme=scheme, locale="en-GB", service_workers="block"
            )
            context.set_default_timeout(180_000)
            for key, value in (_MEMORY | {"mix": _MIX}).items():
                script = f"localStorage.setItem('facewright.{key}', '{json.dumps(value)}')"
                context.add_init_script(script)
            photograph(
                context.new_page(), address, picture, partial(save, folder=folder, size=name)
            )
            context.close()
        browser.close()
    picture.unlink()
    camera.unlink()


if __name__ == "__main__":
    main(*sys.argv[1:])
