"""The OS definition under a real Ganeti: a server that our adapter makes boots from its image, knows what it was told, and nobody
else does; installed again it still knows.
"""

import asyncio
import base64
import hashlib
import json
import os
import re
import select
import shlex
import socket
import time
from pathlib import Path

import pytest

from contrib.tests.qemu import PATIENCE
from ganeti.nodes import Nodes, straight
from ganeti.osprovider.tests.machine import Server
from ganeti.rapi import RapiClient
from logic import clock, secretkeys
from logic.backends.ganeti import GanetiBackend
from logic.messages import codec
from logic.messages.commands import CreateServer, DeleteServer, RebuildServer, ResizeServer, StopServer
from logic.offload import Inline
from synnefo.testing.guests import guest
from synnefo.testing.lab import ours
from synnefo.testing.lab.cluster import Lab
from synnefo.testing.processes import until

pytestmark = [pytest.mark.ganeti, pytest.mark.slow, pytest.mark.timeout(300)]
IMAGE = "guest-qcow2"
INSTANCE, SERVER = "snfguest-1", "2f6f5d3e-36a7-4d5e-9a0e-3f7f2f0e8a11"
SETTINGS = "/etc/default/synnefo-image"
SCRIPT = b"#!/bin/sh\necho c0nfid3ntial of $(hostname)\n"
SIZE = "nproc; cat /sys/block/vda/size; grep MemTotal /proc/meminfo"
LEARNED = "cat /proc/sys/kernel/hostname /run/instance-id /run/user-data.log /root/.ssh/authorized_keys"
SECRETS = {"cloud_userdata": base64.b64encode(SCRIPT).decode(), "img_passwd": "hunter2hunter2"}


@pytest.fixture
def node(ganeti: Lab):
    """The master, with an image of the test's own."""
    ours.bring(ganeti.master, IMAGE, guest().qcow2)
    assert "synnefo-image+default" in ganeti.master.run("gnt-os", "list", "--no-headers").split()
    return ganeti.master


def done(client: RapiClient, number: int) -> None:
    """Wait for a job, which has to succeed."""
    until(lambda: (job := client.job(number)) and job.final, within=PATIENCE, what=f"the end of job {number}")
    job = client.job(number)
    assert job
    assert job.status == "success", job


def asked(line: Path, command: str) -> list[str]:
    """The lines that a command prints on the guest's serial console, where a shell is. What is typed has no quotes, so that a
    line of which the shell has missed a part means nothing worse than an error. One that was typed again, because the shell was
    slow, is echoed amid what the first has printed: what the last has printed counts."""
    with socket.socket(socket.AF_UNIX) as console:
        until(lambda: console.connect_ex(str(line)) == 0, within=PATIENCE, what="the serial console")
        said, give_up = "", time.monotonic() + PATIENCE
        while not (found := re.search(r".*^BEGIN1\n(.*?)^END1$", said, re.DOTALL | re.MULTILINE)):
            assert time.monotonic() < give_up, said
            console.sendall(f"echo BEGIN$((1)); {command}; echo END$((1))\n".encode())
            while select.select([console], [], [], 2.0)[0]:
                said += console.recv(65536).decode("utf-8", "replace").replace("\r", "")
        return [told for told in found[1].splitlines() if "END$((1))" not in told]


def logged(lab: Lab, uuid: str) -> str:
    """What its node keeps of what a guest has said, as the cloud asks for it."""
    reach = straight(lab.endpoint, lab.user, lab.password, ca_file=str(lab.certificate))
    told = Nodes(reach).console_log(lab.addresses[lab.master.name], uuid, -1)
    return (told or b"").decode("utf-8", "replace")


def everything_kept(node) -> bytes:
    """All that Ganeti keeps and logs, and what the queue has."""
    kept = b""
    for place in ("lib", "log"):
        for folder, _, names in os.walk(node.root / place):
            for name in names:
                path = Path(folder) / name
                if path.is_file() and not path.is_symlink():
                    kept += path.read_bytes()
    return kept


@pytest.fixture
def web(ganeti: Lab):
    """Two web servers, as of two APISERVERs; the node knows each by its own address. Each has an image that the other lacks."""
    contents = {name: os.urandom(300_000) for name in ("left", "right")}
    servers = [
        Server({name: body, f"{name}.sha256": f"{hashlib.sha256(body).hexdigest()}  {name}\n".encode()}, ganeti.gateway)
        for name, body in contents.items()
    ]
    before = ganeti.master.run("cat", SETTINGS)
    sources = " ".join(server.url for server in servers)
    ganeti.master.run("sh", "-c", f"echo \"SOURCES='{sources}'\" > {SETTINGS}")
    yield servers, contents
    ganeti.master.run("sh", "-c", f"printf %s {shlex.quote(before)} > {SETTINGS}")
    for server in servers:
        server.close()


def test_an_image_that_one_of_two_web_servers_has_reaches_the_node_and_is_kept_there(ganeti: Lab, web):
    servers, contents = web
    backend = GanetiBackend(cluster="alpha", prefix="snfweb-", client=ganeti.client(), offload=Inline())

    def disk_of(number: int, image: str) -> bytes:
        """What a server that is made of it begins with; nothing of it boots."""
        about = {"resource": str(clock.new_uuid()), "instance": f"snfweb-{number}"}
        create = CreateServer(
            id=str(clock.new_uuid()), **about, memory=128, vcpus=1, disks=(64,), nics=(), os="synnefo-image+default",
            disk_template="file", hypervisor="fake", os_params={"img_id": image, "img_format": "raw"},
        )  # fmt: skip
        done(ganeti.client(), asyncio.run(backend.submit(create)).job)
        files = (ganeti.master.root / "srv" / "ganeti" / "file-storage" / about["instance"]).glob("*.disk0")
        (written,) = [path.read_bytes()[:300_000] for path in files]
        done(ganeti.client(), asyncio.run(backend.submit(DeleteServer(id=str(clock.new_uuid()), **about))).job)
        return written

    # Given images of which each is on one of the two, then servers are made of both
    assert disk_of(1, "left") == contents["left"]
    assert disk_of(2, "right") == contents["right"]
    # And when one of the two is away, of what the node has kept; the checksum is asked for each time, of whom has it
    servers[0].close()
    servers[1].asked.clear()
    assert disk_of(3, "right") == contents["right"]
    assert servers[1].asked == [("/images/right.sha256", "")]


def test_a_server_is_made_of_an_image_and_told_what_nobody_else_is(ganeti: Lab, node):
    client = ganeti.client()
    backend = GanetiBackend(cluster="alpha", prefix="snfguest-", client=client, offload=Inline())
    line = node.root / "run" / "ganeti" / "kvm-hypervisor" / "ctrl" / f"{INSTANCE}.serial"
    about = {"resource": SERVER, "instance": INSTANCE}

    def order(command) -> None:
        done(client, asyncio.run(backend.submit(command)).job)

    order(
        CreateServer(
            id=str(clock.new_uuid()), **about, memory=128, vcpus=1, disks=(64,), nics=(), os="synnefo-image+default",
            disk_template="file", hypervisor="kvm",
            os_params={
                "img_id": IMAGE, "img_format": "qcow2", "img_checksum": f"sha256:{guest().qcow2.sha256}",
                "hostname": "demo", "instance_id": SERVER, "auth_keys": "ssh-ed25519 AAAA ann", **SECRETS,
                "img_passwd": secretkeys.current().encrypt(SECRETS["img_passwd"]),
            },
        )
    )  # fmt: skip
    assert asked(line, LEARNED) == ["demo", SERVER, "c0nfid3ntial of demo", "ssh-ed25519 AAAA ann"]
    # Whoever is at the console is heard by the log too, which has all that was said before and goes on after
    heard = logged(ganeti, client.instance(INSTANCE).uuid)
    assert heard.index("GUEST ready") < heard.index("c0nfid3ntial of demo")
    spooled = sorted((node.root / "spool" / "synnefo" / "ganeti").glob("*.progress.json"))
    assert codec.decode(spooled[-1].read_bytes()).percent == 100.0
    told = everything_kept(node)
    assert b"img_checksum" in told
    assert not [secret for secret in (*SECRETS.values(), "c0nfid3ntial") if secret.encode() in told]

    order(StopServer(id=str(clock.new_uuid()), **about, timeout=60))
    node.run("gnt-instance", "reinstall", "--force", INSTANCE, within=PATIENCE)
    node.run("gnt-instance", "startup", INSTANCE, within=PATIENCE)
    assert asked(line, LEARNED) == ["demo", SERVER, "c0nfid3ntial of demo", "ssh-ed25519 AAAA ann"]

    # Rebuilt from another image it is another machine, in QEMU too: with what it is told now, and the user data of before
    before = node.run("cat", f"/run/ganeti/kvm-hypervisor/pid/{INSTANCE}")
    anew = {"img_id": "guest", "img_format": "raw", "img_checksum": "", "hostname": "anew", "instance_id": SERVER}
    order(
        RebuildServer(id=str(clock.new_uuid()), **about, os="synnefo-image+default", os_params=anew | {"auth_keys": ""})
    )
    assert asked(line, LEARNED)[:3] == ["anew", SERVER, "c0nfid3ntial of anew"]
    assert "AAAA ann" not in asked(line, LEARNED)[-1]
    assert node.run("cat", f"/run/ganeti/kvm-hypervisor/pid/{INSTANCE}") != before
    assert not [secret for secret in (*SECRETS.values(), "c0nfid3ntial") if secret.encode() in everything_kept(node)]

    order(DeleteServer(id=str(clock.new_uuid()), **about, force=True))


@pytest.fixture
def api(ganeti: Lab, node):
    """An API that tells secrets to who shows the node's key, which the node asks."""
    server, before = Server({}, ganeti.gateway), node.run("cat", SETTINGS)
    server.key = "sesame"
    where = server.url.removesuffix("/images")
    lines = f"APIS={where}\\nKEY_FILE=/etc/synnefo/a-key\\nPLAIN=yes\\n"
    node.run("sh", "-c", f"mkdir -p /etc/synnefo; echo sesame > /etc/synnefo/a-key; printf '{lines}' >> {SETTINGS}")
    yield server
    node.run("sh", "-c", f"printf %s {shlex.quote(before)} > {SETTINGS}")
    server.close()


def test_a_rebuilt_server_is_told_secrets_that_ganeti_never_hears_and_its_other_disks_are_ready(ganeti: Lab, node, api):
    client = ganeti.client()
    backend = GanetiBackend(cluster="alpha", prefix="snfagain-", client=client, offload=Inline())
    about = {"resource": str(clock.new_uuid()), "instance": "snfagain-1"}
    told = {"img_id": "guest", "img_format": "raw", "hostname": "demo", "instance_id": "x"}

    def disk(place: int) -> bytes:
        folder = node.root / "srv" / "ganeti" / "file-storage" / about["instance"]
        (path,) = folder.glob(f"*.disk{place}")
        return path.read_bytes()

    create = CreateServer(
        id=str(clock.new_uuid()), **about, memory=128, vcpus=1, disks=(64,), nics=(), os="synnefo-image+default",
        disk_template="file", hypervisor="fake", os_params=told, ephemeral=64, swap=64,
    )  # fmt: skip
    done(client, asyncio.run(backend.submit(create)).job)
    assert disk(2)[1144:1154] == b"ephemeral0"
    assert disk(3)[4086:4096] == b"SWAPSPACE2"
    # When it is rebuilt, and its node asks for what is secret
    command = str(clock.new_uuid())
    api.files[f"/secrets/{command}"] = json.dumps(SECRETS).encode()
    params = told | {"secrets": command, "img_passwd": secretkeys.current().encrypt(SECRETS["img_passwd"])}
    rebuild = RebuildServer(id=command, **about, os="synnefo-image+default", os_params=params)
    done(client, asyncio.run(backend.submit(rebuild)).job)
    # Then that is on its disk of metadata, and Ganeti has kept nothing of it
    assert SECRETS["img_passwd"].encode() in disk(1)
    assert b"c0nfid3ntial" in disk(1)
    assert disk(3)[4086:4096] == b"SWAPSPACE2"
    kept = everything_kept(node)
    assert command.encode() in kept
    assert not [secret for secret in (*SECRETS.values(), "c0nfid3ntial") if secret.encode() in kept]
    done(client, asyncio.run(backend.submit(DeleteServer(id=str(clock.new_uuid()), **about, force=True))).job)


def test_a_server_that_was_resized_has_its_memory_and_processors_and_sees_its_larger_disk(ganeti: Lab, node):
    client = ganeti.client()
    backend = GanetiBackend(cluster="alpha", prefix="snfguest-", client=client, offload=Inline())
    line = node.root / "run" / "ganeti" / "kvm-hypervisor" / "ctrl" / "snfguest-2.serial"
    about = {"resource": str(clock.new_uuid()), "instance": "snfguest-2"}

    def order(command) -> None:
        done(client, asyncio.run(backend.submit(command)).job)

    def has() -> tuple[int, int, int]:
        """Processors, MiB of its disk, and MiB of memory of which the kernel has taken some already."""
        processors, sectors, memory = asked(line, SIZE)
        return int(processors), int(sectors) // 2048, int(memory.split()[1]) // 1024

    told = {"img_id": IMAGE, "img_format": "qcow2", "img_checksum": "", "hostname": "demo", "instance_id": "x"}
    order(
        CreateServer(
            id=str(clock.new_uuid()), **about, memory=128, vcpus=1, disks=(64,), nics=(), os="synnefo-image+default",
            disk_template="file", hypervisor="kvm", os_params=told,
        )
    )  # fmt: skip
    processors, disk, before = has()
    assert (processors, disk) == (1, 64)
    # Larger it has all of it after one restart, and the guest has been asked to stop
    order(ResizeServer(id=str(clock.new_uuid()), **about, memory=256, vcpus=2, disk=96, restart=True))
    processors, disk, after = has()
    assert (processors, disk) == (2, 96)
    assert before < 128 < after < 256
    # Stopped and made smaller it stays down, and its disk stays as it is
    order(StopServer(id=str(clock.new_uuid()), **about, timeout=60))
    order(ResizeServer(id=str(clock.new_uuid()), **about, memory=128, vcpus=1, disk=64, restart=False))
    assert client.instance("snfguest-2").condition == "stopped"
    assert client.measured("snfguest-2").disks[0] == 96
    order(DeleteServer(id=str(clock.new_uuid()), **about, force=True))
