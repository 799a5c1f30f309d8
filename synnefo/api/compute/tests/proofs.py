"""Proofs of what microversions changed for lists, hosts and groups, and for what a server shows of its making. Each is given four
callers: a tenant in the version before and in its own, and an administrator likewise. Called by ``test_microversions``.
"""

from django.test import override_settings

from logic.compute.commands import NewServer, create_servers
from logic.compute.models import Server
from logic.image.models import Image
from logic.testing.worlds import ALICE, IMAGE, NETWORK, accepted, create, job, running, take, tell
from logic.volume.commands.equipping import NewDisk
from logic.volume.models import Volume


def body(**fields) -> dict:
    return {"server": {"name": "demo", "imageRef": IMAGE, "flavorRef": "1", "networks": [{"uuid": NETWORK}], **fields}}


def shares(before, after, *_):
    path = f"/servers/{create().pk}/shares"
    assert [one.get(path).status for one in (before, after)] == [404, 200]
    assert after.post(path, {"share": {"share_id": "x"}}).status == 501


def image_properties(before, after, *_):
    Image.objects.filter(pk=IMAGE).update(properties={"os_type": "linux", "note": "mine"})
    id = create().pk
    shown = [one.get(f"/servers/{id}").json["server"]["image"] for one in (before, after)]
    assert [one.get("properties") for one in shown] == [None, {"os_type": "linux"}]


def image_told(before, after, *_):
    with override_settings(NODES_BRING_DISKS=True, GANETI_OS_PROVIDER="synnefo-image+default"):
        _told(before, after)


def _told(before, after):
    asked = {"createImage": {"name": "golden"}}
    servers = [running(first_job=at) for at in (1, 2)]
    told = [one.post(f"/servers/{made.pk}/action", asked) for one, made in zip((before, after), servers, strict=True)]
    assert [[bool(one.body), "location" in one.headers] for one in told] == [[False, True], [True, False]]


def spice_direct(before, after, *_):
    path = f"/servers/{running().pk}/remote-consoles"
    wanted = {"remote_console": {"protocol": "spice", "type": "spice-direct"}}
    told = [one.post(path, wanted).json["badRequest"]["message"] for one in (before, after)]
    assert ["not known" in one for one in told] == [True, False]


def hints(before, after, *_):
    first = create().pk
    asked = body() | {"os:scheduler_hints": {"same_host": first}}
    id = after.post("/servers", asked).json["server"]["id"]
    shown = [one.get(f"/servers/{id}").json["server"].get("scheduler_hints") for one in (before, after)]
    assert shown == [None, {"same_host": [first]}]
    assert after.get(f"/servers/{first}").json["server"]["scheduler_hints"] == {}


def usage_pages(before, after, *_):
    running()
    path = f"/os-simple-tenant-usage/{ALICE.project}?limit=1&end=2999-01-01T00:00:00"
    assert ["tenant_usage_links" in one.get(path).json for one in (before, after)] == [False, True]


def class_groups(_, __, before, after):
    shown = [one.get("/os-quota-class-sets/default").json["quota_class_set"] for one in (before, after)]
    assert [("server_groups" in one, "security_groups" in one) for one in shown] == [(False, True), (True, False)]


def aggregate_uuid(_, __, before, after):
    made = [one.post("/os-aggregates", {"aggregate": {"name": f"a{one.minor}"}}) for one in (before, after)]
    assert ["uuid" in one.json["aggregate"] for one in made] == [False, True]


def no_hosts(_, __, before, after):
    assert [one.get("/os-hosts").status for one in (before, after)] == [200, 404]


def group_owner(before, after, *_):
    group = {"server_group": {"name": "g", "policies": ["affinity"]}}
    made = [one.post("/os-server-groups", group).json["server_group"] for one in (before, after)]
    assert [one.get("project_id") for one in made] == [None, ALICE.project]


def soft_policies(before, after, *_):
    group = {"server_group": {"name": "g", "policies": ["soft-affinity"]}}
    assert [one.post("/os-server-groups", group).status for one in (before, after)] == [400, 200]


def specs_checked(_, __, before, after):
    path = "/flavors/1/os-extra_specs"
    for specs in ({"hw:cpu_policy": "odd"}, {"hw:unheard_of": "1"}):
        (key,) = specs
        assert [one.post(path, {"extra_specs": specs}).status for one in (before, after)] == [200, 400]
        assert [one.put(f"{path}/{key}", specs).status for one in (before, after)] == [200, 400]


def group_policy(before, after, *_):
    old = {"server_group": {"name": "g", "policies": ["affinity"]}}
    new = {"server_group": {"name": "g", "policy": "anti-affinity", "rules": {"max_server_per_host": 2}}}
    assert [[one.post("/os-server-groups", group).status for one in (before, after)] for group in (old, new)] == [
        [200, 400],
        [400, 200],
    ]
    assert after.get("/os-server-groups").json["server_groups"][1]["rules"] == {"max_server_per_host": 2}


def booted():
    """A server that runs from a volume."""
    wanted = NewServer(name="n", flavor="1", image="", disks=(NewDisk(image=IMAGE, size=1, root=True),))
    (id,) = create_servers(ALICE, wanted)
    taken = take()
    done = job(Server.objects.get(pk=id), "create", 5, "success", taken.command.id, opcode="OP_INSTANCE_STARTUP")
    tell(accepted(taken, 5), done)
    return f"/servers/{id}/action"


def rescued_volume(before, after, *_):
    path = booted()
    with override_settings(GANETI_RESCUE_IMAGE="/srv/rescue.iso"):
        assert [one.post(path, {"rescue": None}).status for one in (before, after)] == [400, 200]


def rebuilt_volume(before, after, *_):
    path = booted()
    Volume.objects.update(observed="attached")
    assert [one.post(path, {"rebuild": {"imageRef": IMAGE}}).status for one in (before, after)] == [400, 202]


def unshelved_to_zone(before, after, *_):
    _unshelved(before, after, {"availability_zone": "c1"})


def unshelved_to_host(_, __, before, after):
    _unshelved(before, after, {"host": "c1"})
    _unshelved(before, after, {"availability_zone": None})


def _unshelved(before, after, target):
    """One that runs is not unshelved, which is only said where the target is known."""
    path = f"/servers/{create().pk}/action"
    assert [one.post(path, {"unshelve": target}).status for one in (before, after)] == [400, 409]
