"""What there is: the same things twice, for the projects alpha and bravo, whose names are in the names of all that is theirs.

A thing is found by its kind and side; the side :data:`~personas.NONE` has ids of the same form that nothing has.
"""

from collections.abc import Callable

from django.test import override_settings

from logic.access import Caller
from logic.compute.commands import NewServer, create_servers
from logic.compute.groups import create_group
from logic.compute.models import Flavor, KeyPair, Server
from logic.identity.commands import stored
from logic.identity.commands.stored import NewStored
from logic.identity.models import Role
from logic.image.models import Image
from logic.network.floating.commands import NewFloating, create_floating_ip
from logic.network.models import Address, AddressGroup, Network, Port, SecurityRule, Subnet, SubnetPool
from logic.network.routing.commands import NewRouter, create_routers
from logic.network.security.commands import NewGroup, create_groups, create_rules
from logic.network.security.rules import NewRule
from logic.network.sharing.commands import NewPolicy, create_policy
from logic.testing.worlds import IMAGE, NETWORK, accepted, furnish, job, take, tell
from logic.volume.commands import NewVolume, attach_volume, create_volume
from logic.volume.commands.backups import NewBackup, create_backup
from logic.volume.commands.group_snapshots import NewGroupSnapshot, create_group_snapshot
from logic.volume.commands.groups import NewGroup as NewVolumeGroup
from logic.volume.commands.groups import create_group as create_volume_group
from logic.volume.commands.reserving import create_attachment
from logic.volume.commands.snapshots import NewSnapshot, create_snapshot
from logic.volume.commands.transfers import create_transfer
from logic.volume.models import GroupType
from logic.volume.queries.types import DEFAULT
from synnefo.api.tests.isolation.personas import ALPHA, BRAVO, CREDENTIAL, NONE, OWNER, PROJECT, RULE, SIDES, move_in

Things = dict[str, dict[str, str]]
UNKNOWN = "cccccccc-cccc-4ccc-8ccc-cccccccccccc"
OF_USERS = frozenset({"keypair", "credential", "rule", "stored", "user", "token"})  # not every member of the project's
SETTINGS = override_settings(SECURITY_GROUPS=True, ROUTERS="simulated")
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0nO0nO0nO0nO0nO0nO0nO0nO0nO0nO0nO0nO0nO0nO me"


def build() -> Things:
    """Everything, in the database."""
    furnish()
    Flavor.objects.create(id="2", name="m1.small", vcpus=1, ram=1024, disk=2)
    move_in()
    public = _public()
    things: Things = {
        "project": PROJECT,
        "user": OWNER,
        "credential": CREDENTIAL,
        "rule": RULE,
        "stored": {side: _stored(side) if side else "c0" * 16 for side in SIDES},
        "token": {ALPHA: "member token", BRAVO: "member there token", NONE: "nobody's token"},
        "role": dict.fromkeys(SIDES, Role.objects.get(name="member").pk),
        "public": dict.fromkeys(SIDES, public),
        "keypair": {side: f"{side or 'nobod'}-key" for side in SIDES},
    }
    for number, side in enumerate((ALPHA, BRAVO), 1):
        for kind, make in MAKERS.items():
            things.setdefault(kind, {NONE: UNKNOWN})[side] = make(_owner(side), side)
        port = Port.objects.get(device=things["server"][side]).pk
        things.setdefault("port", {NONE: UNKNOWN})[side] = port
        floating = create_floating_ip(_owner(side), NewFloating(network=public, description=f"{side}-address"))
        things.setdefault("floating", {NONE: UNKNOWN})[side] = floating
        KeyPair.objects.create(user=OWNER[side], name=f"{side}-key", public_key=KEY, fingerprint=f"0{number}")
    return things


def _stored(side: str) -> str:
    return stored.create(_owner(side), NewStored(type="cert", blob=f"{side}-secret")).id


def _pool(owner: Caller, side: str) -> str:
    return SubnetPool.objects.create(
        name=f"{side}-pool", project=owner.project, prefixes=["10.2.0.0/16"], default_length=24, shortest=8, longest=32
    ).pk


def _owner(side: str) -> Caller:
    return Caller(user=OWNER[side], project=PROJECT[side], roles=frozenset({"member"}), request="req-1")


def _public() -> str:
    Network.objects.filter(pk=NETWORK).update(mode="routed", link="155")
    made = Network.objects.create(name="public", external=True, shared=True, mode="routed", link="155")
    pools = [["203.0.113.10", "203.0.113.20"]]
    Subnet.objects.create(network=made, cidr="203.0.113.0/24", gateway="203.0.113.1", pools=pools)
    return made.pk


def _server(owner: Caller, side: str) -> str:
    wanted = NewServer(name=f"{side}-server", flavor="1", image=IMAGE, metadata={"key": f"{side}-value"})
    server = Server.objects.get(pk=create_servers(owner, wanted)[0])
    taken, number = take(), server.number
    tell(accepted(taken, number), job(server, "create", number, "success", taken.command.id))
    return server.pk


def _volume(owner: Caller, side: str) -> str:
    return create_volume(owner, NewVolume(size=1, name=f"{side}-volume", metadata={"key": f"{side}-value"}))


def _attached(owner: Caller, side: str) -> str:
    made = create_volume(owner, NewVolume(size=1, name=f"{side}-attached"))
    server = Server.objects.get(name=f"{side}-server")
    attach_volume(owner, server.pk, made)
    taken, number = take(), server.number + 10
    done = job(server, "stop", number, "success", taken.command.id, opcode="OP_INSTANCE_SET_PARAMS")
    tell(accepted(taken, number), done)
    return made


def _reserved(owner: Caller, side: str) -> str:
    return create_attachment(owner, create_volume(owner, NewVolume(size=1, name=f"{side}-reserved")))


def _image(owner: Caller, side: str) -> str:
    columns = {"status": "active", "disk_format": "raw", "container_format": "bare", "backend_name": "debian.raw"}
    made = Image.objects.create(name=f"{side}-image", owner=owner.project, visibility="private", **columns)
    return made.pk


def _shared_image(owner: Caller, side: str) -> str:
    return Image.objects.create(name=f"{side}-shared", owner=owner.project, visibility="shared", status="queued").pk


def _snapshot(owner: Caller, side: str) -> str:
    return create_snapshot(
        owner, NewSnapshot(volume=_volume(owner, side), name=f"{side}-snapshot", metadata={"key": "x"})
    )


def _backup(owner: Caller, side: str) -> str:
    return create_backup(owner, NewBackup(volume=_volume(owner, side), name=f"{side}-backup"))


def _volume_group(owner: Caller, side: str) -> str:
    kind = GroupType.objects.get_or_create(name="plain")[0].pk
    return create_volume_group(owner, NewVolumeGroup(type=kind, volume_types=[DEFAULT], name=f"{side}-volumes"))


def _group_snapshot(owner: Caller, side: str) -> str:
    group = _volume_group(owner, side)
    create_volume(owner, NewVolume(size=1, name=f"{side}-grouped", type=DEFAULT, group=group))
    return create_group_snapshot(owner, NewGroupSnapshot(group=group, name=f"{side}-copy"))


def _transfer(owner: Caller, side: str) -> str:
    return create_transfer(owner, _volume(owner, side), f"{side}-transfer")[0]


def _policy(owner: Caller, side: str) -> str:
    network = Network.objects.get(name=f"{side}-network").pk
    return create_policy(owner, NewPolicy(object=network, target="d" * 32))


def _address_group(owner: Caller, side: str) -> str:
    return AddressGroup.objects.create(project=owner.project, name=f"{side}-addresses", addresses=["10.5.0.0/16"]).pk


def _router(owner: Caller, side: str) -> str:
    return create_routers(owner, [NewRouter(name=f"{side}-router")])[0]


def _server_group(owner: Caller, side: str) -> str:
    return create_group(owner, f"{side}-servers", "anti-affinity").id


def _network(owner: Caller, side: str) -> str:
    return Network.objects.create(name=f"{side}-network", project=owner.project).pk


def _subnet(owner: Caller, side: str) -> str:
    network = Network.objects.get(name=f"{side}-network")
    pools = [["10.1.0.2", "10.1.0.9"]]
    made = Subnet.objects.create(
        network=network,
        name=f"{side}-subnet",
        project=owner.project,
        cidr="10.1.0.0/24",
        gateway="10.1.0.1",
        pools=pools,
    )
    return made.pk


def _free_port(owner: Caller, side: str) -> str:
    subnet = Subnet.objects.get(name=f"{side}-subnet")
    mac = {ALPHA: "aa:00:00:00:00:01", BRAVO: "aa:00:00:00:00:02"}[side]
    made = Port.objects.create(network=subnet.network, project=owner.project, name=f"{side}-port", mac=mac)
    Address.objects.create(subnet=subnet, port=made, ip="10.1.0.5")
    return made.pk


def _group(owner: Caller, side: str) -> str:
    return create_groups(owner, [NewGroup(name=f"{side}-group")])[0]


def _rule(owner: Caller, side: str) -> str:
    group = SecurityRule.objects.filter(group__name=f"{side}-group").values_list("group", flat=True)[0]
    return create_rules(owner, [NewRule(group=group, direction="ingress", description=f"{side}-rule")])[0]


MAKERS: dict[str, Callable[[Caller, str], str]] = {
    "server": _server,
    "volume": _volume,
    "attached": _attached,
    "reserved": _reserved,
    "snapshot": _snapshot,
    "backup": _backup,
    "volume_group": _volume_group,
    "group_snapshot": _group_snapshot,
    "transfer": _transfer,
    "image": _image,
    "shared_image": _shared_image,
    "server_group": _server_group,
    "router": _router,
    "pool": _pool,
    "address_group": _address_group,
    "network": _network,
    "subnet": _subnet,
    "policy": _policy,
    "free_port": _free_port,
    "group": _group,
    "security_rule": _rule,
}
