"""What is written as ISO 9660 is read again, and what is no such thing is read as nothing. That Linux reads it:
``contrib/tests/test_guest.py``.
"""

import string

from hypothesis import given
from hypothesis import strategies as st

from ganeti.osprovider import iso9660

names = st.text(string.ascii_lowercase + string.digits + "_-", min_size=1, max_size=20)
paths = st.lists(names, min_size=1, max_size=3).map("/".join)


@given(
    st.dictionaries(
        names.map("dir/{}".format) | names.map("file-{}".format), st.binary(max_size=5000), min_size=1, max_size=6
    )
)
def test_what_is_written_is_read_again(files):
    image = iso9660.image("config-2", files)
    assert {path: iso9660.read(image, path) for path in files} == files
    assert iso9660.read(image, "nosuch") == iso9660.read(image, "dir/nosuch") == b""


@given(st.binary(max_size=3000), st.integers(0, 40_000), paths)
def test_an_image_that_was_tampered_with_is_no_crash(noise, at, path):
    image = bytearray(iso9660.image("config-2", {"a/b": b"x" * 100}))
    image[at : at + len(noise)] = noise
    assert isinstance(iso9660.read(bytes(image), path), bytes)
    iso9660.read(bytes(image), "a/b")
