"""The guest of ``contrib/guest`` boots from the disks that our OS provider has written, and does what a cloud asks of a guest."""

import base64
import re
import socket
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from contrib.tests.qemu import Qemu
from ganeti.osprovider.tests.machine import SERVER, Machine
from synnefo.testing.guests import MAKER, guest

pytestmark = [pytest.mark.servers, pytest.mark.slow, pytest.mark.timeout(300)]
SCRIPT = b"#!/bin/sh\necho user data of $(hostname) was run\n"


@pytest.fixture(scope="module")
def image():
    return guest()


def spare_port():
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def key_pair(folder):
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / "key"], check=True, timeout=60)
    return folder / "key", (folder / "key.pub").read_text()


def network(port):
    """An interface whose network is QEMU's own, with DHCP; nothing of it leaves the machine but ssh from here."""
    forward = f"user,id=n0,restrict=on,hostfwd=tcp:127.0.0.1:{port}-:22"
    return "-netdev", forward, "-device", "virtio-net-pci,netdev=n0", "-netdev", "user,id=n1,restrict=on"


def test_it_is_small_and_not_made_again(image):
    assert image.raw.path.stat().st_size < 40 * 1024**2
    before = image.raw.path.stat().st_mtime_ns
    assert guest() == image
    assert image.raw.path.stat().st_mtime_ns == before
    done = subprocess.run(["sha256sum", image.raw.path], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split()[0] == image.raw.sha256


def test_what_the_provider_wrote_boots_with_its_metadata_takes_what_is_plugged_in_and_powers_off(image, tmp_path):
    machine, port = Machine(tmp_path, disk=64), spare_port()
    key, public = key_pair(tmp_path)
    machine.settings(SOURCES=image.qcow2.path.parent)
    code, log = machine.create(
        img_id=image.qcow2.path.name,
        img_format="qcow2",
        img_checksum=f"sha256:{image.qcow2.sha256}",
        hostname="demo",
        instance_id=SERVER,
        auth_keys=public,
        cloud_userdata=base64.b64encode(SCRIPT).decode(),
    )
    assert code == 0, log

    with Qemu(tmp_path, [machine.disk, machine.config], *network(port)) as booted:
        booted.until(f"GUEST metadata of config-2 name=demo id={SERVER} keys=1$")
        booted.until(f"GUEST authorized key: {re.escape(public.strip())}$")
        booted.until("GUEST user-data ended with 0: user data of demo was run")
        booted.until(r"GUEST ready name=demo .*eth0\[[0-9a-f:]+\]=10\.0\.2\.15/24.* vda=64M vdb=4M")

        plug(booted, tmp_path)
        booted.until(r"GUEST ready .*eth1\[52:54:00:00:00:02\]=.* vdc=8M")
        assert ask(port, key, "hostname; cat /run/instance-id") == f"demo\n{SERVER}\n"

        booted.order("system_powerdown")
        assert booted.wait() == 0
        assert "GUEST power button" in booted.console


def plug(booted: Qemu, folder: Path):
    """A second interface and a third disk, while it runs."""
    with (folder / "more").open("wb") as disk:
        disk.truncate(8 * 1024**2)
    booted.order("device_add", driver="virtio-net-pci", id="eth1", netdev="n1", mac="52:54:00:00:00:02")
    booted.order(
        "blockdev-add",
        **{"driver": "raw", "node-name": "more", "file": {"driver": "file", "filename": f"{folder}/more"}},
    )
    booted.order("device_add", driver="virtio-blk-pci", id="disk2", drive="more")


def ask(port, key, command):
    options = ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR"]
    words = [
        "ssh",
        "-F",
        "none",
        "-i",
        key,
        *options,
        "-o",
        "BatchMode=yes",
        "-p",
        str(port),
        "root@127.0.0.1",
        command,
    ]
    return subprocess.run(words, capture_output=True, text=True, timeout=60, check=True).stdout


def test_it_learns_the_same_from_nocloud(image, tmp_path):
    """A FAT volume labelled CIDATA, as those make it who have no OpenStack."""
    _, public = key_pair(tmp_path)
    (tmp_path / "meta-data").write_text(f"instance-id: i-1\nlocal-hostname: plain\npublic-keys:\n  - {public}")
    (tmp_path / "user-data").write_bytes(SCRIPT)
    volume = tmp_path / "volume"
    with volume.open("wb") as file:
        file.truncate(1024**2)
    subprocess.run(["mformat", "-i", volume, "-v", "CIDATA", "-f", "720", "::"], check=True, timeout=60)
    subprocess.run(
        ["mcopy", "-i", volume, tmp_path / "meta-data", tmp_path / "user-data", "::"], check=True, timeout=60
    )
    disk = tmp_path / "disk"
    disk.write_bytes(image.raw.path.read_bytes())

    with Qemu(tmp_path, [disk, volume]) as booted:
        booted.until("GUEST metadata of cidata name=plain id=i-1 keys=1$")
        booted.until("GUEST user-data ended with 0: user data of plain was run")


def test_the_maker_says_what_it_cannot_find(tmp_path):
    """Where apt knows no packages, nothing half-made is left."""
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "HOME": str(tmp_path)}
    for name in ("apt-cache", "apt-get"):
        (tmp_path / name).write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / name).chmod(0o755)
    done = subprocess.run([MAKER], env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0
    assert [path.name for path in (tmp_path / ".cache/synnefo/guest").iterdir()] == ["lock"]
