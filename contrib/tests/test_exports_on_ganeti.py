"""Exports of a real Ganeti that the cloud has asked for: what a guest wrote reaches the API, and the cluster keeps a line."""

import asyncio
import hashlib
import json
import shlex
import subprocess
from pathlib import Path

import pytest

from contrib.tests.qemu import PATIENCE
from ganeti.osprovider.tests.machine import Server
from ganeti.simulator.exporting import FAILED
from ganeti.vocabulary import ERROR, SUCCESS, volume_name
from logic import clock
from logic.backends.ganeti import GanetiBackend
from logic.messages.commands import (
    AttachFilledVolume,
    AttachVolume,
    CaptureServer,
    CaptureVolume,
    CreateServer,
    DeleteServer,
    StopServer,
)
from logic.offload import Inline
from synnefo.testing.lab.cluster import Lab
from synnefo.testing.processes import until

pytestmark = [pytest.mark.ganeti, pytest.mark.verify, pytest.mark.slow, pytest.mark.timeout(300)]
INSTANCE, SETTINGS = "snfexport-1", "/etc/default/synnefo-image"
ASKED, PUT = f"/exports/{INSTANCE}", f"/nodes/v1/exports/{INSTANCE}/0"
KEPT = "/var/lib/ganeti/export"  # by Ganeti
WANTED = json.dumps({"ours": True, "disk": 0}).encode()


@pytest.fixture
def api(ganeti: Lab):
    """An API that wants the first disk of the instance, and of none other, by the node's key."""
    node = ganeti.master
    server, before = Server({ASKED: WANTED}, ganeti.gateway), node.run("cat", SETTINGS)
    server.key = "sesame"
    where = server.url.removesuffix("/images")
    lines = f"APIS={where}\\nKEY_FILE=/etc/synnefo/a-key\\nPLAIN=yes\\nTIMEOUT=5\\n"
    node.run("sh", "-c", f"mkdir -p /etc/synnefo; echo sesame > /etc/synnefo/a-key; printf '{lines}' >> {SETTINGS}")
    yield server
    node.run("sh", "-c", f"printf %s {shlex.quote(before)} > {SETTINGS}")
    server.close()


class Desk:
    """An instance in QEMU, of the lab's small guest, with a second disk for what it is told."""

    about = {"resource": str(clock.new_uuid()), "instance": INSTANCE}

    def __init__(self, lab: Lab) -> None:
        self.client, self.node = lab.client(), lab.master
        self._backend = GanetiBackend(cluster="alpha", prefix="snfexport-", client=self.client, offload=Inline())

    def ended(self, kind, **more):
        """The job of a command, when it is over."""
        number = asyncio.run(self._backend.submit(kind(id=str(clock.new_uuid()), **{**self.about, **more}))).job
        until(lambda: (job := self.client.job(number)) and job.final, within=PATIENCE, what=f"the end of job {number}")
        return self.client.job(number)

    def create(self) -> None:
        told = {"img_id": "guest", "img_format": "raw", "hostname": "demo", "instance_id": self.about["resource"]}
        made = self.ended(
            CreateServer, memory=128, vcpus=1, disks=(64,), nics=(), os="synnefo-image+default", disk_template="file",
            hypervisor="kvm", os_params=told,
        )  # fmt: skip
        assert made.status == SUCCESS, made

    def disk(self) -> bytes:
        folder = self.node.root / "srv" / "ganeti" / "file-storage" / INSTANCE
        (path,) = folder.glob("*.disk0")
        return path.read_bytes()

    def files(self) -> set[Path]:
        """Its disks."""
        return set((self.node.root / "srv" / "ganeti" / "file-storage" / INSTANCE).iterdir())

    def given(self, kind, volume: str, **more) -> Path:
        """The disk of a volume that it has now, and had not before."""
        before = self.files()
        made = self.ended(kind, resource=volume, size=64, fresh=True, **more)
        assert made.status == SUCCESS, made
        (new,) = self.files() - before
        return new

    @property
    def status(self) -> str:
        return self.client.instance(INSTANCE).status


@pytest.fixture
def desk(ganeti: Lab):
    made = Desk(ganeti)
    made.create()
    yield made
    made.ended(DeleteServer, force=True)


def unpacked(body: bytes, folder) -> bytes:
    """The disk that was sent."""
    content, summed = body[:-64], body[-64:]
    assert hashlib.sha512(content).digest() == summed
    packed, disk = folder / "packed", folder / "disk"
    packed.write_bytes(content)
    command = ["qemu-img", "convert", "-f", "qcow2", "-O", "raw", str(packed), str(disk)]
    subprocess.run(command, check=True, timeout=60)
    return disk.read_bytes()


def test_what_is_on_a_guests_disk_reaches_the_api_and_the_guest_runs_again(desk, api, tmp_path):
    before = desk.node.run("cat", f"/run/ganeti/kvm-hypervisor/pid/{INSTANCE}")
    job = desk.ended(CaptureServer, timeout=5)
    assert (job.status, job.ops[0].opcode) == (SUCCESS, "OP_BACKUP_EXPORT"), job
    assert desk.status == "running"
    assert desk.node.run("cat", f"/run/ganeti/kvm-hypervisor/pid/{INSTANCE}") != before, "it was stopped meanwhile"
    sent = unpacked(api.put.pop(PUT), tmp_path)
    assert api.put == {}, "its disk of metadata goes nowhere"
    size = desk.node.run("du", "-sk", f"{KEPT}/{INSTANCE}").split()[0]
    assert int(size) < 64, "a line for each disk, and what it is about"

    # Of one that is down it is what is there now, and it stays down
    assert desk.ended(StopServer, timeout=5).status == SUCCESS
    assert desk.ended(CaptureServer, timeout=5).status == SUCCESS
    assert desk.status == "ADMIN_down"
    assert unpacked(api.put.pop(PUT), tmp_path) == desk.disk()
    assert len(sent) == len(desk.disk())


def test_what_no_api_takes_fails_the_job_and_the_guest_runs_again(desk, api):
    api.refusals = [413]
    job = desk.ended(CaptureServer, timeout=5)
    assert (job.status, desk.status, api.put) == (ERROR, "running", {})
    assert job.ops[0].error == FAILED


def test_what_is_on_a_volume_of_a_guest_reaches_the_api_and_is_what_a_volume_made_of_it_holds(desk, api, tmp_path):
    # Given a guest with a volume, on which something is written
    first, second, content = (str(clock.new_uuid()) for _ in range(3))
    disk, name = desk.given(AttachVolume, first), volume_name("snfexport-", first)
    with disk.open("r+b") as file:
        file.seek(5 * 2**20)
        file.write(b"what the guest wrote")
    # When it is wanted by its name, that disk alone is sent, and the guest runs again
    wanted = {"ours": True, "disk": None, "name": name, "format": "qcow2"}
    api.files[ASKED] = json.dumps(wanted).encode()
    job = desk.ended(CaptureVolume, resource=first, timeout=5)
    assert (job.status, desk.status, list(api.put)) == (SUCCESS, "running", [PUT.removesuffix("0") + name]), job
    body = api.put.popitem()[1]
    assert unpacked(body, tmp_path) == disk.read_bytes()
    # And another volume that begins with it holds the same
    api.files[content] = body[:-64]
    told = {"img_id": content, "img_format": "qcow2", "img_checksum": f"sha512:{body[-64:].hex()}"}
    made = desk.given(AttachFilledVolume, second, os="synnefo-image+default", os_params=told, hypervisor="kvm")
    assert made.read_bytes() == disk.read_bytes()
