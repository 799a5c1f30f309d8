"""Images by HTTP: verified before use, fetched once, from whichever server has them, and a cache that does not overflow."""

import dataclasses
import hashlib
import os
import threading

import pytest

from ganeti.osprovider import settings as node
from ganeti.osprovider import sources
from ganeti.osprovider.cache import Cache
from ganeti.osprovider.orders import Checksum, Image
from ganeti.osprovider.settings import Settings
from ganeti.osprovider.troubles import Trouble

CONTENT = os.urandom(700_000)


def image(content=CONTENT, name="debian", **given):
    return Image(name, "raw", given.get("checksum", Checksum("sha256", hashlib.sha256(content).hexdigest())))


@pytest.fixture
def settings(tmp_path):
    def made(*servers, limit=10_000_000):
        places = tuple(server if isinstance(server, str) else server.url for server in servers)
        return Settings(sources=places, cache=tmp_path / "cache", cache_limit=limit, timeout=5.0)

    return made


def read(wanted, settings):
    with sources.found(wanted, settings) as path:
        return path.read_bytes()


def kept(settings):
    return sorted(path.name for path in settings.cache.iterdir() if not path.name.startswith("."))


def test_what_was_fetched_once_is_not_fetched_again(serving, settings):
    server = serving(debian=CONTENT)
    ours = settings(server)
    assert read(image(), ours) == read(image(), ours) == CONTENT
    assert server.asked == [("/images/debian", "")]
    assert kept(ours) == [f"sha256-{hashlib.sha256(CONTENT).hexdigest()}"]


def test_a_sha512_does_as_well(serving, settings):
    checksum = Checksum("sha512", hashlib.sha512(CONTENT).hexdigest())
    assert read(image(checksum=checksum), settings(serving(debian=CONTENT))) == CONTENT


def test_what_has_another_checksum_is_neither_used_nor_kept(serving, settings):
    ours = settings(serving(debian=b"something else"))
    with pytest.raises(Trouble, match="does not have the sha256"):
        read(image(), ours)
    assert kept(ours) == []


def test_one_server_ends_what_another_began(serving, settings):
    first, second = serving(debian=CONTENT), serving(debian=CONTENT)
    first.cut = 300_000
    assert read(image(), settings(first, second)) == CONTENT
    assert second.asked == [("/images/debian", "bytes=300000-")]


def test_a_server_that_knows_no_ranges_begins_again(serving, settings):
    first, second = serving(debian=CONTENT), serving(debian=CONTENT)
    first.cut, second.ranges = 300_000, False
    assert read(image(), settings(first, second)) == CONTENT


def test_a_fetch_that_ends_too_early_everywhere_is_a_trouble_and_leaves_nothing(serving, settings):
    server = serving(debian=CONTENT)
    server.cut = 1000
    server.ranges = False
    ours = settings(server)
    with pytest.raises(Trouble, match=r"cannot fetch the image: .*IncompleteRead"):
        read(image(), ours)
    assert kept(ours) == []


def test_a_server_that_is_away_is_passed_over(serving, settings):
    gone = serving(debian=CONTENT)
    gone.close()
    server = serving(debian=CONTENT)
    assert read(image(), settings(gone.url, server)) == CONTENT


def test_what_one_of_two_servers_has_is_taken_from_there_whichever_is_asked_first(serving, settings):
    told = f"{hashlib.sha256(CONTENT).hexdigest()}  debian\n".encode()
    server = serving(debian=CONTENT, debian__sha256=told)
    assert read(image(), settings(serving(), server)) == CONTENT
    server.asked.clear()
    assert read(image(checksum=None), settings(server, serving())) == CONTENT
    assert server.asked == [("/images/debian.sha256", "")]  # the image itself is in the cache by now
    fresh = dataclasses.replace(settings(serving(), server), cache=settings().cache.with_name("another"))
    assert read(image(checksum=None), fresh) == CONTENT


def test_an_image_that_no_server_has_is_said_so(serving, settings):
    with pytest.raises(Trouble, match=r"there is no such image: http.*404"):
        read(image(), settings(serving(), serving()))


def test_a_directory_is_looked_into_first_and_a_server_after_it(serving, settings, tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir()
    server = serving(debian=CONTENT)
    ours = settings(str(shared), server)
    assert read(image(), ours) == CONTENT
    (shared / "debian").write_bytes(CONTENT)
    with sources.found(image(), ours) as path:
        assert path == shared / "debian"


def test_a_server_is_not_believed_without_a_checksum(serving, settings):
    with pytest.raises(Trouble, match="the image has no checksum"):
        read(image(checksum=None), settings(serving(debian=CONTENT)))


def test_a_checksum_beside_the_image_will_do(serving, settings):
    told = f"{hashlib.sha256(CONTENT).hexdigest()}  debian\n".encode()
    assert read(image(checksum=None), settings(serving(debian=CONTENT, debian__sha256=told))) == CONTENT
    with pytest.raises(Trouble, match="img_checksum"):
        read(image(checksum=None), settings(serving(debian=CONTENT, debian__sha256=b"<html>")))


def test_many_that_need_it_at_once_fetch_it_once(serving, settings):
    server = serving(debian=CONTENT)
    ours, found = settings(server), []
    threads = [threading.Thread(target=lambda: found.append(read(image(), ours))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [CONTENT] * 8
    assert server.asked == [("/images/debian", "")]


def several(serving, *contents):
    images = [image(content, name=f"image{place}") for place, content in enumerate(contents)]
    return images, serving(**{one.name: content for one, content in zip(images, contents, strict=True)})


def test_the_longest_unused_makes_room(serving, settings):
    (first, second, third), server = several(serving, b"1" * 400, b"2" * 400, b"3" * 400)
    ours = settings(server, limit=1000)
    read(first, ours)
    read(second, ours)
    os.utime(ours.cache / str(second.checksum), (1, 1))
    read(third, ours)
    assert kept(ours) == sorted([str(first.checksum), str(third.checksum)])


def test_what_is_in_use_stays(serving, settings):
    (first, second), server = several(serving, b"1" * 600, b"2" * 600)
    ours = settings(server, limit=1000)
    with sources.found(first, ours) as path:
        with pytest.raises(Trouble, match="full of images in use"):
            read(second, ours)
        assert path.read_bytes() == b"1" * 600
    assert read(second, ours) == b"2" * 600
    assert kept(ours) == [str(second.checksum)]


def test_an_image_larger_than_the_cache_is_not_begun(serving, settings):
    ours = settings(serving(debian=CONTENT), limit=1000)
    with pytest.raises(Trouble, match="more than the cache"):
        read(image(), ours)
    assert kept(ours) == []


def test_what_a_dead_process_left_is_fetched_anew(serving, settings):
    ours = settings(serving(debian=CONTENT))
    ours.cache.mkdir()
    (ours.cache / f"{image().checksum}.partial").write_bytes(b"half of something")
    assert read(image(), ours) == CONTENT
    assert kept(ours) == [str(image().checksum)]


def test_what_a_dead_process_left_of_another_makes_room(tmp_path):
    cache = Cache(tmp_path, 1000)
    (tmp_path / "sha256-00.partial").write_bytes(b"x" * 900)

    def fetch(file, reserve):
        reserve(500)
        file.write(b"y" * 500)

    with cache.holding(Checksum("sha256", "11"), fetch) as path:
        assert path.read_bytes() == b"y" * 500
    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", "sha256-11"]


UPLOADED = "dddddddd-0000-4000-8000-000000000001"


@pytest.fixture
def api(serving, settings, tmp_path):
    """The cloud's API behind another server, and what the node says of both."""
    server, other = serving(**{UPLOADED: CONTENT}), serving()
    server.key = "sesame"
    (tmp_path / "key").write_text("sesame\n")
    url = server.url.removesuffix("/images")
    return server, other, dataclasses.replace(settings(other), apis=(url,), key_file=tmp_path / "key")


def test_what_a_tenant_uploaded_is_asked_of_the_api_by_the_nodes_key_which_nobody_else_is_shown(api):
    server, other, ours = api
    assert read(image(name=UPLOADED), ours) == CONTENT
    assert server.asked == [(f"/nodes/v1/images/{UPLOADED}", "")]
    assert (server.shown, other.shown) == (["Bearer sesame"], [""])


def test_an_operators_own_image_is_not_asked_of_the_api(api):
    server, _, ours = api
    with pytest.raises(Trouble, match="no such image"):
        read(image(), ours)
    assert server.asked == []


def test_what_breaks_off_at_the_api_is_gone_on_with(api):
    server, _, ours = api
    server.cut = 300_000
    assert read(image(name=UPLOADED), ours) == CONTENT
    assert [range_ for _, range_ in server.asked] == ["", "bytes=300000-", "bytes=600000-"]


def test_a_key_that_cannot_be_read_is_a_trouble(api):
    _, _, ours = api
    ours.key_file.unlink()
    with pytest.raises(Trouble, match="key of this node"):
        read(image(name=UPLOADED), ours)


def test_the_key_is_shown_without_tls_only_where_that_was_said(tmp_path):
    file = tmp_path / "settings"
    file.write_text("APIS=http://cloud.example\n")
    with pytest.raises(Trouble, match="https"):
        node.read(file)
    file.write_text("APIS='http://cloud.example https://two.example/'\nPLAIN=yes\n")
    assert node.read(file).apis == ("http://cloud.example", "https://two.example")
