"""Tags are read in one pass, whatever a page does."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facewright.collect.sources.albums.tags import Tag, read_tags

ENDLESS = [
    *("<", "<!--", "<a ", "<a x='", "<a x=", "</", "<?", "<!", '<a"', "</script", "<title>"),
    *("<![CDATA[", "<a x=\"'", "&#", "<a/"),
]


def test_tags_are_read_as_browsers_read_them():
    page = """<IMG SRC=a.png alt="5" screen" data-x='q&amp;"r' hidden/>5 < 6 <!-- <b> --><br/>
    <script>"<img src=no>"</SCRIPT ><a href = "b&#x41;.jpg" href=no>x</a ><?pi <b ?><i"""
    assert list(read_tags(page)) == [
        Tag("img", {"src": "a.png", "alt": "5", 'screen"': "", "data-x": 'q&"r', "hidden": ""}),
        Tag("br"),
        Tag("script"),
        Tag("/script"),
        Tag("a", {"href": "bA.jpg"}),
        Tag("/a"),
    ]


@pytest.mark.parametrize("part", ENDLESS)
def test_no_page_takes_long(part):
    start = time.process_time()
    assert len(list(read_tags(part * 20_000))) <= 1
    assert time.process_time() - start < 2  # 0.05; the standard library needs minutes for some


def test_numbers_that_are_no_letters_are_left_as_they_are():
    (tag,) = read_tags(f"<a href='&#{'9' * 5000};'>")
    assert len(tag.values["href"]) == 5003


@given(st.lists(st.sampled_from(list("<>/=\"'!?-a &#;")), max_size=60).map("".join))
def test_every_text_is_a_page(text):
    assert all(tag.name.strip("/") for tag in read_tags(text))
