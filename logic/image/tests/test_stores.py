"""Which stores there are, and where new content goes."""

from pathlib import Path

import pytest

from logic.configuration import checking
from logic.image.stores import opening
from logic.image.stores.directory import Directory
from logic.image.stores.s3 import MIB, Bucket

S3 = {"kind": "s3", "bucket": "images", "access_key": "us", "secret_key_file": "/nowhere"}


def test_without_a_word_of_the_site_there_is_a_directory(settings, tmp_path):
    settings.IMAGE_STORES, settings.IMAGES_DIR = {}, tmp_path
    assert (opening.default(), list(opening.stores())) == ("files", ["files"])
    assert isinstance(opening.named("files"), Directory)


def test_new_content_goes_into_the_first_store_of_the_site_and_what_was_in_files_is_read_as_before(settings, tmp_path):
    settings.IMAGES_DIR = tmp_path
    settings.IMAGE_STORES = checking.check("IMAGE_STORES", {"objects": S3, "more": {"path": str(tmp_path / "more")}})
    assert (opening.default(), list(opening.stores())) == ("objects", ["objects", "more"])
    store = opening.named("objects")
    assert isinstance(store, Bucket)
    assert store.most == 160_000 * MIB
    assert [opening.named(name)._root for name in ("more", "files")] == [tmp_path / "more", Path(tmp_path)]


def test_what_is_in_a_store_that_is_not_configured_cannot_be_had_now(settings):
    settings.IMAGE_STORES = {}
    with pytest.raises(OSError, match="moon"):
        opening.named("moon")


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({"objects": {"kind": "s3", "bucket": "images"}}, "needs access_key, secret_key_file"),
        ({"objects": S3 | {"endpoint": "https://us:word@s3.example.org"}}, "endpoint"),
        ({"objects": S3 | {"secret_key": "word"}}, "secret_key"),
        ({"objects": S3 | {"part_mib": 1}}, "part_mib"),
        ({"a,b": {"path": "/srv"}}, "IMAGE_STORES"),
        ({"": {"path": "/srv"}}, "IMAGE_STORES"),
    ],
)
def test_a_store_that_cannot_work_is_refused_at_start(value, says):
    with pytest.raises(checking.Wrong, match=says):
        checking.check("IMAGE_STORES", value)
