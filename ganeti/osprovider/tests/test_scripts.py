"""The OS definition as Ganeti runs it: an image on the disk, metadata beside it, progress told, and nothing secret in a log."""

import base64
import hashlib
import json
import os
import struct
import subprocess
import sys

import pytest

from ganeti.osprovider import configdrive, iso9660, writing
from ganeti.osprovider.orders import MIB
from ganeti.osprovider.tests.machine import DEFINITION, SERVER, Machine
from ganeti.osprovider.troubles import Trouble
from ganeti.spool import Spool
from logic.messages import codec
from logic.messages.observations import BuildProgress

IMAGE = b"boot" * 1000 + bytes(2 * MIB) + b"end" * 1000
SECRETS = {
    "img_passwd": "hunter2hunter2",
    "cloud_userdata": base64.b64encode(b"#!/bin/sh\necho c0nfid3ntial\n").decode(),
}
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIV ann@example.org"


def sha256(content):
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def header(size=MIB, backing=0, encrypted=0, features=0, version=3):
    """The beginning of a qcow2 file."""
    return struct.pack(">4sIQIIQI", b"QFI\xfb", version, backing, 0, 16, size, encrypted).ljust(
        72, b"\0"
    ) + struct.pack(">Q", features).ljust(200, b"\0")


def told_nothing_secret(log):
    return not any(secret in log for secret in (*SECRETS.values(), "c0nfid3ntial"))


def test_the_definition_is_what_ganeti_looks_for():
    assert (DEFINITION / "ganeti_api_version").read_text() == "20\n"
    assert (DEFINITION / "variants.list").read_text() == "default\n"
    for script in ("create", "export", "import", "rename", "verify"):
        assert os.access(DEFINITION / script, os.X_OK)


def test_an_image_of_a_directory_is_on_the_disk_and_its_holes_are_holes(machine):
    (machine.images / "debian").write_bytes(IMAGE)
    assert machine.create(img_id="debian", img_checksum=sha256(IMAGE)) == (
        0,
        "synnefo-image: debian is on the disk of snf-7\n",
    )
    assert machine.disk.read_bytes() == IMAGE.ljust(4 * MIB, b"\0")
    assert machine.disk.stat().st_blocks * 512 < 2 * MIB


def test_nothing_of_an_earlier_system_is_left_where_a_disk_is_installed_again(machine):
    machine.disk.write_bytes(b"old" * MIB + b"!" * MIB)
    (machine.images / "debian").write_bytes(IMAGE)
    assert machine.create(img_id="debian", INSTANCE_REINSTALL="1")[0] == 0
    assert machine.disk.read_bytes() == IMAGE.ljust(4 * MIB, b"\0")


@pytest.mark.servers
@pytest.mark.parametrize("options", [(), ("-c",)], ids=["plain", "compressed"])
def test_a_qcow2_image_is_unfolded_onto_the_disk(machine, options):
    content, made = machine.folder / "content", machine.images / "debian.qcow2"
    content.write_bytes(IMAGE.ljust(3 * MIB, b"\0"))
    subprocess.run(["qemu-img", "convert", "-f", "raw", "-O", "qcow2", *options, content, made], check=True, timeout=60)
    code, log = machine.create(img_id="debian.qcow2", img_format="qcow2")
    assert (code, log) == (0, "synnefo-image: debian.qcow2 is on the disk of snf-7\n")
    assert machine.disk.read_bytes() == IMAGE.ljust(4 * MIB, b"\0")


@pytest.mark.servers
def test_an_image_that_qemu_img_cannot_read_is_told_in_its_words(machine):
    (machine.images / "debian").write_bytes(header())
    code, log = machine.create(img_id="debian", img_format="qcow2")
    assert code == 1
    assert log.startswith("synnefo-image: qemu-img could not write the image: ")


def test_qemu_img_has_a_bound_of_memory_and_of_time(tmp_path, monkeypatch):
    """OSSA-2016-012."""
    program = tmp_path / "qemu-img"
    program.write_text("#!/bin/sh\necho $(ulimit -v) KiB, $(ulimit -t) seconds\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setitem(writing.CLEAN, "PATH", f"{tmp_path}:{writing.CLEAN['PATH']}")
    with pytest.raises(Trouble, match=f": {2**22} KiB, 188 seconds"):
        writing._convert(tmp_path / "image", tmp_path / "disk", 2**30, lambda _done, _of: None)
    program.write_text("#!/bin/sh\nkill -XCPU $$\n")
    with pytest.raises(Trouble, match="more time or memory"):
        writing._convert(tmp_path / "image", tmp_path / "disk", 2**30, lambda _done, _of: None)


@pytest.mark.parametrize(("format", "content"), [("raw", b"x" * (5 * MIB)), ("qcow2", header(5 * MIB))])
def test_an_image_larger_than_the_disk_is_refused_before_anything_is_written(machine, format, content):
    (machine.images / "debian").write_bytes(content)
    machine.disk.write_bytes(b"before" + bytes(4 * MIB - 6))
    code, log = machine.create(img_id="debian", img_format=format)
    assert (code, log) == (
        1,
        f"synnefo-image: the disk is too small: it has {4 * MIB} bytes, the image needs {5 * MIB}\n",
    )
    assert machine.disk.read_bytes()[:6] == b"before"


def test_an_image_with_another_checksum_is_not_used(machine):
    (machine.images / "debian").write_bytes(IMAGE)
    code, log = machine.create(img_id="debian", img_checksum=sha256(b"another"))
    assert code == 1
    assert "does not have the sha256 that it should have; it is not used" in log
    assert machine.disk.read_bytes() == bytes(4 * MIB)


def test_a_guest_whose_first_disk_is_for_metadata_is_left_that_and_no_image(machine):
    """It boots from a volume that comes to it later."""
    only = {"DISK_COUNT": "1", "DISK_0_PATH": str(machine.config), "DISK_0_SIZE": "4"}
    code, log = machine.create(hostname="web", DISK_0_NAME="snf-config-7", **only)
    assert (code, "metadata" in log) == (0, True)
    drive = machine.config.read_bytes()
    assert json.loads(iso9660.read(drive, "openstack/latest/meta_data.json"))["hostname"] == "web"
    assert machine.create(hostname="web", DISK_0_NAME="other", **only)[0] == 1


def test_a_digest_beside_an_image_is_believed_when_none_is_ordered(machine):
    (machine.images / "debian").write_bytes(IMAGE)
    (machine.images / "debian.sha256").write_text(f"{hashlib.sha256(b'another').hexdigest()}  debian\n")
    assert machine.create(img_id="debian")[0] == 1


def test_an_image_that_is_nowhere_is_named(machine):
    assert machine.create(img_id="nosuch") == (1, f"synnefo-image: there is no image nosuch in {machine.images}\n")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (header(backing=112), "the image is not whole: it refers to another file"),
        (header(features=0b100), "the image is not whole: it refers to another file"),
        (header(features=0b10), "the image is encrypted or marked as corrupt"),
        (header(encrypted=1), "the image is encrypted or marked as corrupt"),
        (header(version=9), "the image is qcow2 of version 9, which is not known"),
        (header()[:50], "the image is shorter than a qcow2 header"),
        (b"plain", "the image is said to be qcow2, but it is raw"),
    ],
    ids=["backing file", "data file", "corrupt", "encrypted", "version", "short", "raw"],
)
def test_an_image_that_is_not_safely_a_qcow2_never_reaches_qemu_img(machine, content, said):
    (machine.images / "debian").write_bytes(content)
    assert machine.create(img_id="debian", img_format="qcow2") == (1, f"synnefo-image: {said}\n")
    assert machine.disk.read_bytes() == bytes(4 * MIB)


def test_a_qcow2_image_is_not_written_as_if_it_were_raw(machine):
    (machine.images / "debian").write_bytes(header())
    assert machine.create(img_id="debian") == (1, "synnefo-image: the image is said to be raw, but it is qcow2\n")


def test_the_guest_finds_its_name_keys_password_and_user_data_on_the_second_disk(machine):
    (machine.images / "debian").write_bytes(IMAGE)
    code, log = machine.create(
        img_id="debian", hostname="demo.example.org", instance_id=SERVER, auth_keys=KEY + "\n", **SECRETS
    )
    assert code == 0, log
    drive = machine.config.read_bytes()
    assert drive[32768:32774] == b"\x01CD001"
    assert drive[32808:32840].rstrip() == configdrive.LABEL.encode()
    start = drive.index(b"{")
    assert json.loads(drive[start : drive.index(b"\0", start)]) == {
        "uuid": SERVER, "name": "demo", "hostname": "demo.example.org", "launch_index": 0,
        "public_keys": {"key-0": KEY}, "admin_pass": "hunter2hunter2",
    }  # fmt: skip
    assert b"#!/bin/sh\necho c0nfid3ntial\n" in drive
    assert told_nothing_secret(log)


def test_user_data_outlives_a_reinstallation_that_is_given_none_and_a_password_does_not(machine):
    (machine.images / "debian").write_bytes(IMAGE)
    assert machine.create(img_id="debian", **SECRETS)[0] == 0
    assert machine.create(img_id="debian", hostname="again", INSTANCE_REINSTALL="1")[0] == 0
    drive = machine.config.read_bytes()
    assert b"c0nfid3ntial" in iso9660.read(drive, configdrive.USER_DATA)
    assert json.loads(iso9660.read(drive, "openstack/latest/meta_data.json"))["hostname"] == "again"
    assert b"hunter2" not in drive
    assert machine.create(img_id="debian", cloud_userdata="IyEgbmV3", INSTANCE_REINSTALL="1")[0] == 0
    assert iso9660.read(machine.config.read_bytes(), configdrive.USER_DATA) == b"#! new"
    assert machine.create(img_id="debian")[0] == 0
    assert not iso9660.read(machine.config.read_bytes(), configdrive.USER_DATA)


@pytest.fixture
def asked(machine, serving):
    """An API that tells secrets of the rebuild ``r1`` to who shows the key."""
    (machine.images / "debian").write_bytes(IMAGE)
    api = serving(**{"/secrets/r1": json.dumps(SECRETS).encode()})
    api.key = "sesame"
    (machine.folder / "key").write_text("sesame\n")
    where = api.url.removesuffix("/images")
    machine.settings(SOURCES=machine.images, APIS=where, KEY_FILE=machine.folder / "key", PLAIN="yes")
    return api


def again(machine, **parameters):
    return machine.create(img_id="debian", secrets="r1", INSTANCE_REINSTALL="1", **parameters)


def test_what_ganeti_cannot_carry_again_is_asked_of_an_api(machine, asked):
    code, log = again(machine)
    assert code == 0, log
    drive = machine.config.read_bytes()
    assert json.loads(iso9660.read(drive, "openstack/latest/meta_data.json"))["admin_pass"] == SECRETS["img_passwd"]
    assert b"c0nfid3ntial" in iso9660.read(drive, configdrive.USER_DATA)
    assert told_nothing_secret(log)
    asked.files["/secrets/r1"] = b"{}"
    assert again(machine)[0] == 0
    assert not iso9660.read(machine.config.read_bytes(), configdrive.USER_DATA)


def test_who_installs_again_by_hand_what_was_rebuilt_once_keeps_the_user_data(machine, asked):
    assert again(machine)[0] == 0
    asked.files.clear()
    assert again(machine)[0] == 0
    drive = machine.config.read_bytes()
    assert b"c0nfid3ntial" in iso9660.read(drive, configdrive.USER_DATA)
    assert b"hunter2" not in drive


@pytest.mark.parametrize(
    "answer", [b"hunter2hunter2", b"[]", b'{"img_passwd": "hunter2hunter2\\nx"}', b'{"img_passwd": 1}']
)
def test_an_answer_that_is_none_ends_it_before_anything_is_written(machine, asked, answer):
    asked.files["/secrets/r1"] = answer
    code, log = again(machine)
    assert code == 1
    assert told_nothing_secret(log)
    assert machine.disk.read_bytes() == bytes(4 * MIB)


def test_without_an_api_that_tells_them_secrets_are_not_dropped(machine, asked):
    (machine.folder / "key").write_text("another\n")
    assert again(machine) == (1, "synnefo-image: no API tells what is secret: 401\n")
    machine.settings(SOURCES=machine.images)
    assert "APIS says nothing" in again(machine)[1]
    assert machine.create(img_id="debian", secrets="r1")[0] == 0  # the first time Ganeti carries them


@pytest.mark.parametrize("content", [b"", b"\xff" * 4 * MIB, os.urandom(MIB)], ids=["empty", "ones", "chance"])
def test_a_drive_that_a_guest_has_overwritten_holds_no_reinstallation_up(machine, content):
    (machine.images / "debian").write_bytes(IMAGE)
    machine.config.write_bytes(content.ljust(4 * MIB, b"\0"))
    assert machine.create(img_id="debian", INSTANCE_REINSTALL="1")[0] == 0


def test_without_a_disk_for_them_secrets_are_not_dropped_but_refused(machine):
    (machine.images / "debian").write_bytes(IMAGE)
    code, log = machine.create(img_id="debian", DISK_COUNT="1", **SECRETS)
    assert code == 1
    assert "no disk to leave them on" in log
    assert told_nothing_secret(log)
    assert machine.create(img_id="debian", DISK_COUNT="1")[0] == 0


@pytest.mark.parametrize(
    "hostile",
    [
        {"img_id": "../../etc/shadow"},
        {"img_id": "/etc/shadow"},
        {"img_id": "http://169.254.169.254/latest"},
        {"img_id": "json:{}"},
        {"img_id": "a\nb"},
        {"img_id": "-x"},
        {"img_id": ""},
        {"img_id": "debian", "img_format": "vmdk; rm -rf /"},
        {"img_id": "debian", "img_checksum": "md5:00"},
        {"img_id": "debian", "hostname": "a b\n$(reboot)"},
        {"img_id": "debian", "instance_id": "../x"},
        {"img_id": "debian", "secrets": "../x", "INSTANCE_REINSTALL": "1"},
        {"img_id": "debian", "img_passwd": "hunter2hunter2\nroot"},
        {"img_id": "debian", "auth_keys": "ssh-rsa \x1b[2J"},
        {"img_id": "debian", "cloud_userdata": "c0nfid3ntial is no base64!"},
        {"img_id": "debian", "DISK_0_PATH": ""},
        {"img_id": "debian", "DISK_0_PATH": "nbd:127.0.0.1"},
        {"img_id": "debian", "INSTANCE_NAME": "../x"},
    ],
    ids=lambda given: next(reversed(given.values()))[:20].encode("unicode_escape").decode(),
)
def test_hostile_values_are_refused_in_a_sentence_that_does_not_repeat_them(machine, hostile):
    (machine.images / "debian").write_bytes(IMAGE)
    code, log = machine.create(**hostile)
    assert code == 1
    assert log.startswith("synnefo-image: ")
    assert log.count("\n") == 1
    assert told_nothing_secret(log)
    assert "shadow" not in log
    assert machine.disk.read_bytes() == bytes(4 * MIB)


def test_an_error_nobody_thought_of_is_told_without_its_text(monkeypatch, capsys):
    from ganeti.osprovider import scripts

    def fails(environment):
        raise RuntimeError(environment["OSP_IMG_PASSWD"])

    monkeypatch.setitem(scripts.SCRIPTS, "create", fails)
    assert scripts.main("create", {"OSP_IMG_PASSWD": "hunter2hunter2"}) == 1
    told = capsys.readouterr().err
    assert told.startswith("synnefo-image: RuntimeError at test_scripts.py:")
    assert "hunter2" not in told


def test_the_monitor_reads_what_snf_image_would_tell_it(machine):
    (machine.images / "debian").write_bytes(IMAGE)
    assert machine.create(img_id="debian", **SECRETS)[0] == 0
    told = machine.monitored()
    assert (machine.folder / "told.instance").read_text() == "snf-7\n"
    assert [one["type"] for one in told] == ["image-info", "image-copy-progress", "image-copy-progress"]
    assert told[0]["messages"] == ["looking for the image debian"]
    last = told[-1]
    assert (last["position"], last["total"], last["progress"]) == (len(IMAGE), len(IMAGE), 100.0)
    assert all(isinstance(one["timestamp"], float) for one in told)
    assert told_nothing_secret(machine.told.read_text())


def test_the_monitor_reads_why_it_failed(machine):
    assert machine.create(img_id="nosuch")[0] == 1
    assert machine.monitored()[-1]["type"] == "image-error"


@pytest.mark.parametrize("monitor", ["/nonexistent", "/bin/false", "/bin/true"])
def test_a_monitor_that_is_not_there_or_does_not_read_stops_nothing(machine, monitor):
    machine.settings(SOURCES=machine.images, PROGRESS_MONITOR=monitor)
    (machine.images / "debian").write_bytes(IMAGE)
    assert machine.create(img_id="debian")[0] == 0


def test_the_event_daemons_spool_is_told_the_percent_where_there_is_one(machine):
    (machine.images / "debian").write_bytes(IMAGE)
    assert machine.create(img_id="debian")[0] == 0
    told = [codec.decode(parcel.body) for parcel in Spool(machine.spool).oldest(100) if parcel.subject == "progress"]
    assert {(type(one), one.instance) for one in told} == {(BuildProgress, "snf-7")}
    assert (told[-1].percent, len({one.key() for one in told})) == (100.0, len(told))
    assert not list(machine.spool.glob(".*"))
    machine.settings(SOURCES=machine.images, SPOOL=machine.folder / "nowhere")
    assert machine.create(img_id="debian")[0] == 0


def test_parameters_are_verified_before_anything_is_made(machine):
    environment = machine.environment(img_id="debian", **SECRETS)
    assert machine.run("verify", "parameters", environment=environment) == (0, "")
    assert machine.run("verify", "parameters", environment={}) == (0, "")
    code, log = machine.run("verify", "parameters", environment={"OSP_IMG_ID": "../x"})
    assert (code, log.count("\n")) == (1, 1)


def test_a_disk_that_is_exported_can_be_imported(machine):
    machine.disk.write_bytes(os.urandom(4 * MIB))
    reading, writing = os.pipe()
    done = subprocess.run(
        [DEFINITION / "export"],
        env={"EXPORT_DEVICE": str(machine.disk), "EXPORT_INDEX": "0", "EXP_SIZE_FD": str(writing)},
        stdout=subprocess.PIPE,
        pass_fds=[writing],
        timeout=60,
        check=True,
    )
    os.close(writing)
    with os.fdopen(reading) as size:
        assert size.read() == f"{4 * MIB}\n"
    other = machine.folder / "other"
    other.write_bytes(bytes(4 * MIB))
    assert machine.run("import", environment={"IMPORT_DEVICE": str(other)}, given=done.stdout) == (0, "")
    assert other.read_bytes() == machine.disk.read_bytes()


def test_a_rename_leaves_the_disk_alone(machine):
    assert machine.run("rename", environment={"OLD_INSTANCE_NAME": "snf-6", "INSTANCE_NAME": "snf-7"}) == (0, "")


def test_a_nodes_settings_that_are_wrong_are_named(tmp_path):
    machine = Machine(tmp_path)
    for wrong, said in (
        ({"SOURCES": "ftp://example.org"}, "SOURCES are directories and http or https addresses"),
        ({"CACHE_LIMIT_GIB": "much"}, "CACHE_LIMIT_GIB is no number above 0"),
        ({"SORCES": "/srv"}, "there is no setting SORCES"),
    ):
        machine.settings(**wrong)
        code, log = machine.create(img_id="debian")
        assert code == 1
        assert said in log


def test_only_pythons_own_library_is_needed():
    code = "import sys; sys.path.insert(0, sys.argv[1]); import ganeti.osprovider.scripts; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-IS", "-c", code, DEFINITION.parents[2]],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    foreign = (
        {name.partition(".")[0] for name in done.stdout.split()} - sys.stdlib_module_names - {"__main__", "ganeti"}
    )
    assert {name for name in foreign if not name.startswith("_")} == set()


def test_disks_for_swap_and_ephemeral_ones_are_made_ready_and_the_first_is_the_images(machine):
    (machine.images / "debian").write_bytes(IMAGE)
    disks = {kind: machine.folder / kind for kind in ("ephemeral", "swap")}
    environment = machine.environment(img_id="debian", DISK_COUNT="4")
    for place, (kind, path) in enumerate(disks.items(), 2):
        path.write_bytes(b"old" * 1000 + bytes(8 * MIB))
        about = {"PATH": str(path), "SIZE": "8", "NAME": f"snf-{kind}-{SERVER}"}
        environment |= {f"DISK_{place}_{name}": value for name, value in about.items()}
    code, log = machine.run("create", environment=environment)
    assert code == 0, log
    assert machine.disk.read_bytes() == IMAGE.ljust(4 * MIB, b"\0")
    swap, ephemeral = disks["swap"].read_bytes(), disks["ephemeral"].read_bytes()
    assert (swap[4086:4096], struct.unpack_from("<3I", swap, 1024)) == (b"SWAPSPACE2", (1, 2047, 0))
    assert (ephemeral[1080:1082], ephemeral[1144:1154]) == (b"\x53\xef", b"ephemeral0")  # ext, and its label
