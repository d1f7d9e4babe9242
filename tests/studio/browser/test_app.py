"""The app as people use it: languages, sizes, keys, camera, no network, screen readers."""

import json
import re
import shutil
import subprocess

import pytest
from tests.studio.browser.conftest import DESKTOP, PHONE, wait_until

pytestmark = pytest.mark.browser

PAGES = ["home", "try", "mix", "live", "gallery", "experts", "experts/convert"]


@pytest.mark.parametrize("route", PAGES)
def test_page_is_korean_for_koreans(open_page, route):
    page = open_page(f"#/{route}", locale="ko-KR", **PHONE)
    assert page.locator("html").get_attribute("lang") == "ko"
    title = page.locator("h1").inner_text()
    assert re.search("[가-힣]", title) or route == "experts/convert"
    for label in page.locator(".tabs .tab:visible").all_inner_texts():
        assert re.search("[가-힣]", label)
    assert not re.findall(r"^[a-z]+(?:\.[a-z]+)+$", page.locator("main").inner_text(), re.MULTILINE)


def test_language_is_changed_in_the_settings_and_stays(open_page):
    page = open_page("#/try", **PHONE)
    page.get_by_role("button", name="Settings").click()
    page.get_by_label("Language").select_option("ko")
    page.get_by_role("heading", name="내 얼굴로 변신").wait_for()
    page.reload()
    page.get_by_role("heading", name="내 얼굴로 변신").wait_for()


@pytest.mark.parametrize("route", PAGES)
def test_page_fits_into_360_pixels(open_page, route):
    page = open_page(f"#/{route}", viewport={"width": 360, "height": 640}, is_mobile=True)
    wide, seen = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide <= seen


def test_face_in_use_comes_along(open_page):
    page = open_page()
    number = page.locator(".seed .number").inner_text()
    page.get_by_role("button", name="Use this face").click()
    page.get_by_role("link", name="Put it on my picture").click()
    page.get_by_role("button", name=f"Use face {number}").wait_for()
    page.goto(page.url.split("#")[0] + "#/live")
    assert number in page.locator(".portrait").inner_text()


def test_swipe_shows_the_next_face(open_page):
    page = open_page("", **PHONE)
    number = page.locator(".seed .number")
    first = number.inner_text()
    box = page.locator("fw-pile").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 150, y, steps=5)
    page.mouse.up()
    assert number.inner_text() != first


def test_filters_are_asked_of_the_server(open_page):
    page = open_page("", **DESKTOP)
    with page.expect_request(lambda request: "gender=Female" in request.url):
        page.get_by_label("Gender").select_option("Female")


def test_app_opens_without_a_network(open_page):
    page = open_page("", service_workers="allow")
    page.evaluate("navigator.serviceWorker.ready")
    wait_until(page, "navigator.serviceWorker.controller !== null")
    page.context.set_offline(True)
    page.reload()
    page.get_by_role("heading", name="This person does not exist.").wait_for()
    for tab in ("Mix", "Gallery", "Try on"):
        page.get_by_role("link", name=tab).click()
        page.wait_for_selector(".tab[aria-current]")
    page.get_by_role("heading", name="Try on yourself").wait_for()
    page.errors.clear()  # of what could not be fetched


def test_missing_server_is_said_and_its_return_is_seen(open_page):
    page = open_page("", **DESKTOP)
    page.context.set_offline(True)
    page.get_by_role("link", name="Gallery").click()
    banner = page.locator(".banner")
    banner.wait_for()
    assert "facewright studio" in banner.inner_text()
    page.context.set_offline(False)
    page.get_by_role("button", name="Try again").first.click()
    banner.wait_for(state="detached")


def test_picture_without_a_face_is_refused_with_a_hint(open_page, tmp_path):
    from PIL import Image

    path = tmp_path / "grey.png"
    Image.new("RGB", (256, 256), (120, 120, 120)).save(path)
    page = open_page("#/try", **PHONE)
    page.set_input_files("input[name=picture]", path)
    page.get_by_text("Swap", exact=True).click()
    page.get_by_role("button", name="Swap the face").click()
    page.get_by_role("button", name="Nobody real").click()
    note = page.get_by_role("alert")
    note.wait_for()
    assert "No face was found" in note.inner_text()
    assert "Choose one that shows a face" in note.inner_text()


def test_live_sends_frames_of_the_camera_and_shows_the_answers(open_page):
    page = open_page("#/live?effect=expressions", permissions=["camera"], **DESKTOP)
    page.get_by_role("button", name="Start the camera").click()
    wait_until(page, "document.querySelector('.view .state')?.textContent.includes('fps')")
    page.get_by_role("button", name="Record", exact=True).click()
    page.wait_for_timeout(1500)
    page.get_by_role("button", name="End the recording").click()
    page.get_by_role("dialog", name="Your recording").wait_for()
    assert page.get_by_role("link", name="Save").get_attribute("href").startswith("blob:")


def test_expert_form_writes_its_command_line(open_page):
    page = open_page("#/experts/enhance", **DESKTOP)
    page.get_by_label("--scale", exact=False).fill("4")
    wait_until(page, "document.querySelector('.code pre').textContent.includes('--scale 4')")


def test_result_is_deleted_for_good(open_page, astronaut):
    page = open_page("#/experts/expressions", **DESKTOP)
    page.get_by_label("sources").set_input_files(astronaut)
    page.get_by_role("button", name="Run").click()
    page.get_by_role("link", name="How it came about").click()
    page.get_by_role("heading", name="Credentials").wait_for()
    page.get_by_role("button", name="Delete for good").click()
    with page.expect_response(lambda answer: answer.request.method == "DELETE") as answer:
        page.get_by_role("dialog").get_by_role("button", name="Delete for good").click()
    assert answer.value.status == 204
    page.get_by_role("heading", name="Gallery").wait_for()


def test_keyboard_reaches_everything(open_page):
    page = open_page("#/try", **DESKTOP)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    names = set()
    for _ in range(12):
        page.keyboard.press("Tab")
        names.add(page.evaluate("document.activeElement.textContent.trim()"))
    assert "Choose a picture" in names


def test_browser_finds_no_fault_with_the_manifest(open_page):
    page = open_page("", service_workers="allow")
    session = page.context.new_cdp_session(page)
    manifest = session.send("Page.getAppManifest")
    assert manifest["errors"] == []
    assert json.loads(manifest["data"])["short_name"] == "Facewright"
    faults = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
    # Contexts of tests are incognito windows, in which nothing is installed.
    assert [fault for fault in faults if fault["errorId"] != "in-incognito"] == []


EMOJI = [
    *("happy-512.png", "happy-512.webp", "happy-128.webp", "happy-moving.webp", "sad-512.webp"),
    *("whatsapp/happy.webp", "whatsapp/sad.webp", "whatsapp/tray.png", "pack.png"),
]


def test_pack_of_emoji_with_stickers_shows_each_once(open_page):
    page = open_page()
    sizes = {"128.webp": 128, "tray.png": 96}
    results = [
        {
            "name": name,
            "kind": "image",
            "type": f"image/{name.split('.')[1]}",
            "width": 2048 if name == "pack.png" else sizes.get(name.split("-")[-1], 512),
            "height": sizes.get(name.split("-")[-1], 512),
        }
        for name in EMOJI
    ]
    shown = page.evaluate(
        "async (job) => (await import('/app/js/api.js')).pictures(job).map((each) => each.name)",
        {"command": "emoji", "results": results},
    )
    assert shown == ["happy-512.webp", "sad-512.webp"]


@pytest.fixture(scope="session")
def axe(tmp_path_factory):
    """The source of axe-core, by npm."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("there is no npm, which brings axe-core")
    folder = tmp_path_factory.mktemp("axe")
    command = [npm, "install", "--prefix", str(folder), "--no-audit", "--no-fund", "axe-core@4"]
    if subprocess.run(command, capture_output=True, check=False, timeout=120).returncode:
        pytest.skip("npm could not fetch axe-core")
    return (folder / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")


def find_serious(page):
    """Return what axe finds serious on a page, with the first place of each."""
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        (one["id"], one["nodes"][0]["html"])
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_axe_finds_no_serious_fault(open_page, axe, size, scheme):
    page = open_page("", color_scheme=scheme, reduced_motion="reduce", **size)
    page.evaluate(axe)
    for route in PAGES:
        page.goto(page.url.split("#")[0] + f"#/{route}")
        page.wait_for_timeout(700)
        assert find_serious(page) == [], route


def test_axe_finds_no_serious_fault_in_a_result_and_its_questions(open_page, axe, astronaut):
    page = open_page("#/try", reduced_motion="reduce", **PHONE)
    page.evaluate(axe)
    page.get_by_role("button", name="Settings").click()
    page.get_by_role("dialog", name="Settings").wait_for()
    assert find_serious(page) == []
    page.keyboard.press("Escape")
    page.set_input_files("input[name=picture]", astronaut)
    page.get_by_role("button", name="Make me older").click()
    page.get_by_role("dialog", name="Who is in this picture?").wait_for()
    assert find_serious(page) == []
    page.get_by_role("button", name="It's me").click()
    page.get_by_role("slider", name="Before and after").wait_for()
    assert find_serious(page) == []
    page.get_by_role("link", name="How it came about").click()
    page.get_by_role("heading", name="Credentials").wait_for()
    assert find_serious(page) == []
