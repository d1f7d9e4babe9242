"""Saved album pages lead to their pictures."""

import pytest

from facewright.collect.sources.albums.pages import read_album_files, read_page
from facewright.collect.sources.items import Item, Refusal
from facewright.errors import FileError

PAGE = """<!doctype html><title>Album</title><base href="https://example.org/album/">
<a href="Album_files/large%201.jpg?x=1"><img src="Album_files/small1.jpg"></a>
<a href="https://example.org/big/2.JPG"><img src="Album_files/small2.jpg"></a>
<img src="Album_files/3.png"><img src="Album_files/3.png#again">
<img src="data:image/png;base64,AAAA">
<img srcset="Album_files/4s.png 1x, Album_files/4.png 2x" src="Album_files/4s.png">
<a href="//example.org/5.webp">the fifth</a> <a href="about.html"><img src="6.gif"></a>
<img src="../outside.png"> <a href="imprint.html">imprint</a> <img src="Album_files/gone.png">
"""


@pytest.fixture
def album(tmp_path, picture):
    """A saved page with four pictures beside it."""
    folder = tmp_path / "saved"
    (folder / "Album_files").mkdir(parents=True)
    (tmp_path / "outside.png").write_bytes(picture(9))
    names = ["large 1.jpg", "small1.jpg", "small2.jpg", "3.png", "4.png", "4s.png"]
    for seed, name in enumerate(names):
        (folder / "Album_files" / name).write_bytes(picture(seed))
    path = folder / "Album.html"
    path.write_text(PAGE)
    return path


def test_large_pictures_are_preferred_and_each_counts_once(album):
    page = read_page(album)
    assert page.files == (
        "Album_files/large 1.jpg",
        "Album_files/3.png",
        "Album_files/4.png",
        "../outside.png",
    )
    assert page.addresses == (
        "https://example.org/big/2.JPG",
        "https://example.org/5.webp",
        "https://example.org/album/6.gif",
        "https://example.org/album/Album_files/gone.png",
    )


def test_link_out_of_the_folder_is_refused(album, reading):
    found = list(read_album_files(album, read_page(album), reading()))
    assert [type(one) for one in found] == [Item, Item, Item, Refusal]
    assert found[-1].reason == "leads out of the folder of the page"


def test_pictures_that_were_not_saved_are_named(tmp_path, gather):
    path = tmp_path / "album.html"
    path.write_text('<img src="gone.png"><img src="x%00y.png"><img src="' + "a" * 5000 + '.png">')
    found = gather(path)
    assert found.refused[0].reason == "was not saved with the page"
    assert (found.added, len(found.refused)) == (0, 3)


def test_page_that_is_missing_is_an_error(tmp_path):
    with pytest.raises(FileError, match="cannot be read"):
        read_page(tmp_path / "none.html")


def test_pictures_that_pages_show_late_or_as_a_background_count(tmp_path):
    path = tmp_path / "album.html"
    path.write_text(
        '<img src="data:image/gif;base64,R0" data-src="https://example.org/1.jpg">'
        '<img srcset="data:x 1x" data-srcset="//example.org/2s.jpg 1x, //example.org/2.jpg 2x">'
        '<div style="background-image: url(&quot;https://example.org/3.jpg&quot;)"></div>'
        '<a href="https://example.org/4.jpg?oh=1"><i style="background:url(t.jpg)"></i></a>'
    )
    page = read_page(path)
    assert page.files == ()
    assert page.addresses == tuple(
        f"https://example.org/{name}" for name in ("1.jpg", "2.jpg", "3.jpg", "4.jpg?oh=1")
    )
