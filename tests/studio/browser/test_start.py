"""The short way through the app: a picture, made older, compared, saved."""

import pytest
from tests.studio.browser.conftest import PHONE, wait_until

from facewright.provenance.publish import read_manifest

pytestmark = pytest.mark.browser


def test_picture_is_chosen_made_older_compared_and_saved(open_page, astronaut, tmp_path):
    page = open_page("#/try", **PHONE)
    page.set_input_files("input[name=picture]", astronaut)
    page.get_by_role("button", name="Make me older").click()
    page.get_by_role("dialog", name="Who is in this picture?").wait_for()
    page.get_by_role("button", name="It's me").click()

    slider = page.get_by_role("slider", name="Before and after")
    slider.wait_for()
    slider.press("Home")
    assert slider.get_attribute("aria-valuetext") == "100 % after"
    slider.press("End")
    assert slider.get_attribute("aria-valuetext") == "0 % after"

    with page.expect_download() as download:
        page.get_by_role("link", name="Save").click()
    saved = tmp_path / download.value.suggested_filename
    download.value.save_as(saved)
    manifest = read_manifest(saved)
    assert manifest.task == "convert"
    assert manifest.consent == "self"


def test_home_shows_a_face_and_keys_show_others(open_page):
    page = open_page()
    wait_until(page, "document.querySelector('fw-pile .face:not(.under) img')?.naturalWidth")
    number = page.locator(".seed .number")
    first = number.inner_text()
    page.keyboard.press("ArrowRight")
    second = number.inner_text()
    assert second != first
    page.keyboard.press("ArrowLeft")
    assert number.inner_text() == first
