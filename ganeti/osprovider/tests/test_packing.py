"""A disk as qcow2: what QEMU makes of it again is the disk, and what is zero takes no room."""

import os
import subprocess

import pytest
from oslo_utils.imageutils import format_inspector

from ganeti.osprovider import packing
from ganeti.osprovider.orders import MIB
from ganeti.osprovider.packing import CLUSTER, Packed

LONG = 520 * MIB  # more than one table of the second level


def disk(folder, size, *parts):
    path = folder / "disk"
    with path.open("wb") as file:
        file.truncate(size)
        for at, content in parts:
            file.seek(at)
            file.write(content)
    return path


def packed(path):
    found = Packed(path)
    image = path.with_name("image")
    image.write_bytes(b"".join(found.pieces()))
    assert image.stat().st_size == found.length
    return image


CASES = {
    "nothing": (4 * MIB, ()),
    "everything": (2 * MIB, ((0, os.urandom(2 * MIB)),)),
    "a byte at each end": (4 * MIB, ((0, b"x"), (4 * MIB - 1, b"y"))),
    "no whole number of clusters": (MIB + 512, ((MIB, b"z" * 512),)),
    "written zeros": (4 * MIB, ((0, bytes(2 * MIB)), (3 * MIB, b"x"))),
    "runs that are long": (8 * MIB, ((MIB, os.urandom(3 * MIB)), (6 * MIB + 5, b"q" * CLUSTER))),
    "more than one table": (LONG, ((0, b"x"), (LONG - 3 * CLUSTER, b"y" * CLUSTER))),
}


@pytest.mark.parametrize("name", CASES)
def test_qemu_reads_the_disk_that_was_packed(tmp_path, name):
    path = disk(tmp_path, CASES[name][0], *CASES[name][1])
    image = packed(path)
    checked = subprocess.run(["qemu-img", "check", "-f", "qcow2", image], capture_output=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    compared = subprocess.run(
        ["qemu-img", "compare", "-f", "raw", "-F", "qcow2", path, image], capture_output=True, check=False
    )
    assert compared.returncode == 0, compared.stdout


def test_what_is_zero_takes_no_room_whether_it_was_written_or_not(tmp_path):
    assert packed(disk(tmp_path, LONG, (0, b"x"), (MIB, bytes(8 * MIB)))).stat().st_size < 8 * CLUSTER


def test_it_is_what_the_store_of_images_takes_for_safe(tmp_path):
    image = packed(disk(tmp_path, 4 * MIB, (MIB, b"x")))
    found = format_inspector.detect_file_format(str(image))
    found.safety_check()
    assert (found.NAME, found.virtual_size) == ("qcow2", 4 * MIB)


def test_a_device_that_knows_no_holes_is_read_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(packing, "_extents", lambda _, size: iter([(0, size)]))
    whole = packed(disk(tmp_path, 4 * MIB, (MIB, b"x"))).read_bytes()
    monkeypatch.undo()
    assert whole == packed(tmp_path / "disk").read_bytes()
