"""Photograph every page of the studio for the documentation, on a phone and on a desktop.

    python -m tests.studio.browser.shoot http://127.0.0.1:8420 docs/assets/studio

Only people who do not exist are shown, and the astronaut of scikit-image, who is in the public
domain.
"""

import io
import json
import sys
from functools import partial
from pathlib import Path

import skimage.data
from PIL import Image
from playwright.sync_api import Page, sync_playwright
from tests.studio.browser.conftest import CHROMIUM, DESKTOP, FLAGS, PHONE

LARGEST = 150_000  # bytes of a picture
SEEN = [9, 24, 33, 8, 16, 26, 13]
_MEMORY = {"seen": [{"seed": seed} for seed in SEEN], "face": {"seed": 16}}
_MIX = {"a": {"seed": 16}, "b": {"seed": 9}, "amounts": [0] * 4 + [0.5] * 4 + [1] * 4}


def write_camera(path):
    """Write what the camera sees: the head of the astronaut, as motion JPEG."""
    astronaut = Image.fromarray(skimage.data.astronaut())
    with path.open("wb") as file:
        for step in range(30):
            left = 74 + abs(step - 15) // 3
            frame = io.BytesIO()
            head = astronaut.crop((left, 5, left + 300, 230)).resize((640, 480))
            head.save(frame, "JPEG", quality=92)
            file.write(frame.getvalue())


def save(page, folder, size, what):
    """Save what a page shows, in as many colours as fit."""
    path = folder / f"{what}-{size}.png"
    page.wait_for_timeout(1500)  # movements end
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    for colours in (256, 192, 128, 96, 64, 48):
        data = io.BytesIO()
        picture.quantize(colours, kmeans=2, dither=Image.Dither.NONE).save(
            data, "PNG", optimize=True
        )
        if data.tell() <= LARGEST:
            break
    path.write_bytes(data.getvalue())
    print(path.name, data.tell(), colours)  # noqa: T201


def try_on(page: Page, picture, effect, deed):
    """Choose a picture and an effect, and wait for what comes of it."""
    if page.locator(".choose").count():
        page.set_input_files("input[name=picture]", picture)
    page.get_by_role("radiogroup", name="Effects").get_by_text(effect, exact=True).click()
    page.get_by_role("button", name=deed).click()
    page.locator("dialog, .busy button").first.wait_for()
    if page.locator("dialog").count():
        yield "consent"
        page.get_by_role("button", name="It's me").click()
    page.locator(".busy button").wait_for()
    page.locator(".busy").wait_for(state="detached")
    yield effect.lower()


def photograph(page, address, picture, shot):
    """Go through all pages."""
    page.goto(f"{address}/#/home")
    page.wait_for_selector("fw-pile img[data-here]")
    shot("home")
    page.goto(f"{address}/#/try")
    page.wait_for_selector(".choose")
    shot("choose")
    for name in try_on(page, picture, "Older", "Make me older"):
        if name != "consent":
            page.get_by_role("button", name="Closer").click()
        shot("try" if name == "older" else name)
    for name in try_on(page, picture, "Emoji", "Make my emoji"):
        shot(name)
    page.get_by_role("link", name="How it came about").click()
    page.get_by_role("heading", name="Credentials").wait_for()
    shot("result")
    page.goto(f"{address}/#/mix")
    page.wait_for_selector(".blend img")
    shot("mix")
    page.goto(f"{address}/#/live?effect=swap")
    page.get_by_role("button", name="Start the camera").click()
    page.get_by_role("button", name="It's me").click()
    page.get_by_text("fps").wait_for()
    shot("live")
    for route in ("gallery", "experts"):
        page.goto(f"{address}/#/{route}")
        page.wait_for_selector(".tile img, .entry")
        shot(route)
    page.goto(f"{address}/#/experts/convert")
    page.wait_for_selector("form")
    shot("form")


def main(address, folder):
    """Photograph the studio at an address into a folder."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    picture, camera = folder / "astronaut.jpg", folder / "camera.mjpeg"
    Image.fromarray(skimage.data.astronaut()).save(picture, quality=95)
    write_camera(camera)
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
            page = context.new_page()
            photograph(page, address, picture, partial(save, page, folder, name))
            context.close()
        browser.close()
    picture.unlink()
    camera.unlink()


if __name__ == "__main__":
    main(*sys.argv[1:])
