"""libcloud's OpenStack drivers: a server with its network, key, volume, address and image, from nothing to nothing.

They run at the first version of every API, know services by their names, and ask for many a thing in an old way.
"""

from collections.abc import Collection
from pathlib import Path
from typing import Any

import yaml
from libcloud import security
from libcloud.compute.providers import get_driver
from libcloud.compute.types import NodeState, Provider, StorageVolumeState, VolumeSnapshotState

from synnefo.testing.processes import until

PATIENCE = 60.0  # seconds


def driver(clouds: Path, cloud: str = "synnefo") -> Any:
    """The compute driver, which brings those of images, networks and volumes along."""
    there = yaml.safe_load(clouds.read_text())["clouds"][cloud]
    auth = there["auth"]
    security.CA_CERTS_PATH = there.get("cacert")
    return get_driver(Provider.OPENSTACK)(
        auth["username"],
        auth["password"],
        ex_force_auth_url=auth["auth_url"].removesuffix("/v3"),
        ex_force_auth_version="3.x_password",
        ex_tenant_name=auth["project_name"],
        ex_force_service_region=there["region_name"],
        api_version="2.2",
    )


def walk(there: Any, can: Collection[str]) -> None:
    """Each step is a promise of the driver's documentation. ``can``: as in ``shell``."""
    size = next(one for one in there.list_sizes() if one.name == "m1.tiny")
    image = next(one for one in there.list_images() if one.name == "cirros")
    network = there.ex_create_network("libcloud")
    subnet = there.ex_create_subnet("libcloud-v4", network, "10.99.0.0/24")
    router = there.ex_create_router("libcloud")
    there.ex_add_router_subnet(router, subnet)
    key = there.create_key_pair("libcloud")
    assert key.private_key
    assert there.get_key_pair("libcloud").fingerprint == key.fingerprint
    group = there.ex_create_security_group("libcloud", "of the test")
    rule = there.ex_create_security_group_rule(group, "tcp", 22, 22, "0.0.0.0/0")
    assert rule.from_port == 22  # noqa: PLR2004 - ssh
    node = there.create_node(
        name="libcloud", size=size, image=image, networks=[network], ex_keyname="libcloud", ex_security_groups=[group]
    )
    ((node, addresses),) = there.wait_until_running(
        [node], timeout=PATIENCE, wait_period=0.3, ssh_interface="private_ips"
    )
    assert addresses[0].startswith("10.99.0."), addresses
    if "exports" in can:
        _image(there, node)
    _live(there, node, size)
    assert "logs" not in can or there.ex_get_console_output(node)["output"] is not None
    if "boots" in can:  # one that does not run yet lets go of no volume
        until(lambda: _is_ready(there, node), within=PATIENCE, what="the guest to be ready")
    _keep(there, node)
    there.destroy_node(node)
    until(lambda: node.id not in {one.id for one in there.list_nodes()}, within=PATIENCE, what="the node to be gone")
    there.ex_delete_security_group(group)
    there.delete_key_pair(key)
    there.ex_del_router_subnet(router, subnet)
    there.ex_delete_router(router)
    assert there.ex_delete_subnet(subnet)
    assert there.ex_delete_network(network)


def _is(there: Any, node: Any, state: str) -> None:
    until(lambda: there.ex_get_node_details(node.id).state == state, within=PATIENCE, what=f"the node to be {state}")


def _live(there: Any, node: Any, size: Any) -> None:
    """Stopped, started, rebooted, renamed, resized, written on."""
    there.ex_stop_node(node)
    _is(there, node, NodeState.STOPPED)
    there.ex_start_node(node)
    _is(there, node, NodeState.RUNNING)
    there.reboot_node(node)
    _is(there, node, NodeState.RUNNING)
    assert there.ex_set_metadata(node, {"rack": "7"}) == {"rack": "7"}
    assert there.ex_get_metadata(node) == {"rack": "7"}
    assert there.ex_set_server_name(node, "libcloud-2").name == "libcloud-2"
    larger = next(one for one in there.list_sizes() if one.ram > size.ram)
    there.ex_resize(node, larger)
    until(lambda: there.ex_get_node_details(node.id).extra["vm_state"] == "resized", within=PATIENCE, what="resize")
    there.ex_confirm_resize(node)
    _is(there, node, NodeState.RUNNING)


def _image(there: Any, node: Any) -> None:
    """Of what the node has on its disk; which is told by a header, at the first version."""
    made = there.create_image(node, "libcloud")
    until(lambda: there.get_image(made.id).extra["status"] == "active", within=2 * PATIENCE, what="the image")
    assert there.delete_image(made)
    until(lambda: not _task(there, node), within=2 * PATIENCE, what="the node to be free")


def _task(there: Any, node: Any) -> str | None:
    task: str | None = there.ex_get_node_details(node.id).extra["task_state"]
    return task


def _is_ready(there: Any, node: Any) -> bool:
    """Told among the last lines: it has been booted before."""
    return "GUEST ready" in there.ex_get_console_output(node, length=2)["output"]


def _keep(there: Any, node: Any) -> None:
    """A volume, and its snapshot."""
    volume = there.create_volume(1, "libcloud")
    _holds(there, volume, StorageVolumeState.AVAILABLE)
    snapshot = there.create_volume_snapshot(volume, name="libcloud")
    until(lambda: _state(there, volume) == VolumeSnapshotState.AVAILABLE, within=PATIENCE, what="snapshot")
    assert there.destroy_volume_snapshot(snapshot)
    assert there.attach_volume(node, volume)
    _holds(there, volume, StorageVolumeState.INUSE)
    assert there.detach_volume(there.ex_get_volume(volume.id))
    _holds(there, volume, StorageVolumeState.AVAILABLE)
    assert there.destroy_volume(volume)


def _holds(there: Any, volume: Any, state: str) -> None:
    until(lambda: there.ex_get_volume(volume.id).state == state, within=PATIENCE, what=f"the volume to be {state}")


def _state(there: Any, volume: Any) -> str:
    states: list[str] = [one.state for one in there.list_volume_snapshots(volume)]
    return states[0]
