"""Photograph every page of the studio for the documentation, on a phone and on a desktop.

    python -m tests.studio.browser.shoot [FOLDER]

It starts a studio of its own, lets it make what somebody may have made before, and goes through
all pages in Debian's Chromium. Only people who do not exist are shown. FOLDER is
docs/assets/studio if it is not named. It takes about five minutes of one core.
"""

import io
import json
import re
import sys
import tempfile
from functools import partial
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright
from tests.studio.browser.conftest import CHROMIUM, DESKTOP, FLAGS, PHONE, wait_until
from tests.studio.running import Studio

FOLDER = Path(__file__).parents[3] / "docs/assets/studio"
LARGEST = 62_000  # bytes of a picture
ME = 1
SEEN = [2, 3, 4, 5, 6, 7]  # as they come: nobody was chosen
_MEMORY = {
    "seen": [{"seed": seed} for seed in SEEN],
    "face": {"seed": SEEN[-1]},
    "mix": {"a": {"seed": 7}, "b": {"seed": 2}, "amounts": [0] * 4 + [0.5] * 4 + [1] * 4},
}
_BEFORE = [
    ("interpolate", {}, {"seeds": "2,3,4", "seconds": 3, "size": 256}),
    ("toonify", {"sources": {"seed": 2, "size": 512}}, {}),
    ("generate", {}, {"seeds": "3", "size": 512}),
    ("restyle", {"face": "seed:4", "style": "seed:5"}, {"layers": "coarse:0.5,fine", "size": 512}),
    ("swap", {"face": {"seed": 5}, "bodies": {"seed": 6, "size": 512}}, {}),
    ("convert", {"sources": {"seed": 6, "size": 512}}, {"with": "wear"}),
    ("enhance", {"sources": {"seed": 7}}, {"scale": 4}),
]
_SHOWN = """[...document.images].every((image) => image.naturalWidth
  || image.getBoundingClientRect().top > innerHeight || !image.offsetParent)"""


def fill_gallery(studio):
    """Let the studio make what somebody may have made before."""
    for command, references, options in _BEFORE:
        status, job = studio.send(command, references=references, options=options)
        assert status == 202, job
        done = studio.wait(job["id"])
        assert done["state"] == "done", done["error"]


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


def try_on(page, effect):
    """Apply an effect to the picture on the table; yield once it asks for consent, if it does."""
    page.get_by_role("radiogroup", name="Effects").get_by_text(effect, exact=True).click()
    page.locator(".panel .button.primary").first.click()
    page.locator("dialog, .busy button").first.wait_for()
    if page.locator("dialog").count():
        yield "consent"
        page.get_by_role("button", name="Nobody real").click()
    page.locator(".busy button").wait_for()
    page.locator(".busy").wait_for(state="detached")


def photograph(page, address, picture, shot):
    """Go through all pages."""
    page.goto(f"{address}/#/home")
    page.wait_for_selector("fw-pile img[data-here]")
    shot(page, "home")
    page.goto(f"{address}/#/try")
    page.wait_for_selector(".choose")
    shot(page, "choose")
    page.set_input_files("input[name=picture]", picture)
    for effect, name in (("Older", "try"), ("Character", "character"), ("Emoji", "emoji")):
        for question in try_on(page, effect):
            shot(page, question)
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


def main(folder=FOLDER):
    """Photograph a studio into a folder."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as scratch,
        Studio(Path(scratch) / "data") as studio,
        sync_playwright() as playwright,
    ):
        picture, camera = Path(scratch) / "me.webp", Path(scratch) / "camera.mjpeg"
        picture.write_bytes(studio.get(f"/api/v1/faces/{ME}.webp?size=512"))
        write_camera(Image.open(picture).convert("RGB"), camera)
        fill_gallery(studio)
        flags = [*FLAGS, f"--use-file-for-fake-video-capture={camera}"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        for name, size, scheme in (("phone", PHONE, "light"), ("desktop", DESKTOP, "dark")):
            context = browser.new_context(
                **size, color_scheme=scheme, locale="en-GB", service_workers="block"
            )
            context.set_default_timeout(180_000)
            for key, value in _MEMORY.items():
                script = f"localStorage.setItem('facewright.{key}', '{json.dumps(value)}')"
                context.add_init_script(script)
            shot = partial(save, folder=folder, size=name)
            photograph(context.new_page(), studio.address, picture, shot)
            context.close()
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
