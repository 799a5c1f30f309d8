"""openstacksdk's cloud layer, which Ansible and many scripts stand on: a server with an address of the outside."""

import os
from collections.abc import Collection
from pathlib import Path
from typing import Any

import openstack

from synnefo.testing.processes import until

PATIENCE = 60  # seconds


def connect(clouds: Path, cloud: str = "synnefo") -> Any:
    """A connection, as a script makes it."""
    os.environ["OS_CLIENT_CONFIG_FILE"] = str(clouds)
    return openstack.connect(cloud=cloud)


def walk(there: Any, files: Path, can: Collection[str]) -> None:
    """Make what a server needs, make it with an address of the outside, use it, take all of it away. ``can``: as in ``shell``."""
    network = there.create_network("sdk")
    subnet = there.create_subnet(network.id, cidr="10.98.0.0/24", subnet_name="sdk-v4", dns_nameservers=["9.9.9.9"])
    outside = next(iter(there.get_external_ipv4_networks()))
    router = there.create_router("sdk", ext_gateway_net_id=outside.id)
    there.add_router_interface(router, subnet_id=subnet.id)
    group = there.create_security_group("sdk", "of the test")
    there.create_security_group_rule(group.id, port_range_min=22, port_range_max=22, protocol="tcp")
    key = there.create_keypair("sdk")
    assert key.private_key
    image = there.create_image(
        "sdk",
        filename=str(files / "disk.img"),
        disk_format="raw",
        container_format="bare",
        wait=True,
        timeout=PATIENCE,
        meta={"os_distro": "debian"},
    )
    _stream(there, files)
    server = there.create_server(
        "sdk",
        image=image.id,
        flavor="m1.tiny",
        network=network.id,
        key_name="sdk",
        security_groups=["sdk"],
        auto_ip=True,
        wait=True,
        timeout=PATIENCE,
        reuse_ips=False,
        meta={"rack": "7"},
    )
    assert server.status == "ACTIVE"
    assert "floating" in {one["OS-EXT-IPS:type"] for one in server.addresses["sdk"]}, server.addresses
    if "boots" in can:  # one that does not run yet lets go of no volume
        until(lambda: "GUEST ready" in there.get_server_console(server), within=PATIENCE, what="the guest to be ready")
    _volumes(there, server)
    assert there.delete_server("sdk", wait=True, timeout=PATIENCE, delete_ips=True)
    assert there.list_floating_ips() == []
    there.delete_image("sdk", wait=True, timeout=PATIENCE)
    there.delete_keypair("sdk")
    there.delete_security_group("sdk")
    there.remove_router_interface(router, subnet_id=subnet.id)
    assert there.delete_router("sdk")
    assert there.delete_subnet("sdk-v4")
    assert there.delete_network("sdk")


def _stream(there: Any, files: Path) -> None:
    """An image whose size nobody knows before it is there, as from a pipe."""
    with (files / "disk.img").open("rb") as disk:
        pieces = iter(lambda: disk.read(64 * 1024), b"")
        made = there.image.create_image("streamed", data=pieces, disk_format="raw", container_format="bare")
    there.image.wait_for_status(made, "active", wait=PATIENCE)
    assert there.image.get_image(made).size == (files / "disk.img").stat().st_size
    there.image.delete_image(made)


def _volumes(there: Any, server: Any) -> None:
    """One from nothing, a copy of it, on the server and off."""
    volume = there.create_volume(1, name="sdk", wait=True, timeout=PATIENCE)
    snapshot = there.create_volume_snapshot(volume.id, name="sdk", wait=True, timeout=PATIENCE)
    assert there.delete_volume_snapshot(snapshot.id, wait=True, timeout=PATIENCE)
    there.attach_volume(server, volume, wait=True, timeout=PATIENCE)
    there.detach_volume(server, there.get_volume(volume.id), wait=False)  # else without end, whatever it is told
    until(lambda: there.get_volume(volume.id).status == "available", within=PATIENCE, what="the volume to be off")
    assert there.delete_volume("sdk", wait=True, timeout=PATIENCE)
