"""Who is in which group: new servers, interfaces, ports that their tenant changes; and who frees a group."""

import pytest

from logic.compute import commands as compute
from logic.compute import queries as servers
from logic.compute.commands import NewServer
from logic.compute.models import Server
from logic.errors import BadRequest, Conflict, Forbidden, NotFound, WrongState
from logic.network import queries as network
from logic.network.commands import NewNic, plug_port
from logic.network.models import Port, PortGroup
from logic.network.security import commands, defaults, members, queries, refusals
from logic.network.security.rules import MOST_GROUPS
from logic.network.security.tests.test_commands import made
from logic.testing.worlds import (
    ADMIN,
    ALICE,
    BOB,
    IMAGE,
    NETWORK,
    READER,
    accepted,
    create,
    furnish,
    job,
    running,
    take,
    tell,
)

pytestmark = [pytest.mark.django_db, pytest.mark.every_database]
DEFAULT = defaults.id_of(ALICE.project)


@pytest.fixture(autouse=True)
def world(settings):
    settings.SECURITY_GROUPS = True
    return furnish()


def asked(*groups, caller=ALICE, **more):
    """A server made with these groups."""
    (id,) = compute.create_servers(
        caller, NewServer(name="x", flavor="1", image=IMAGE, security_groups=list(groups), **more)
    )
    return id


def port_of(server):
    return Port.objects.get(device=server).pk


def groups_of(server):
    return set(PortGroup.objects.filter(port__device=server).values_list("group", flat=True))


def test_a_server_is_in_the_default_group_unasked_and_its_ports_are_secured():
    id = asked()
    assert groups_of(id) == {DEFAULT}
    assert Port.objects.get(device=id).port_security
    assert servers.server(ALICE, id).security_groups == ["default"]


def test_a_server_is_in_the_groups_asked_for_by_name_or_id_each_once():
    web, db = made(), made(name="db")
    id = asked("web", db, web, nics=[NewNic(network=NETWORK)] * 2)
    assert groups_of(id) == {web, db}
    assert PortGroup.objects.count() == 4
    assert servers.server(ALICE, id).security_groups == ["db", "web"]
    assert [one.security_groups for one in servers.servers(ALICE)] == [["db", "web"]]


def test_an_id_is_not_a_name():
    web = made()
    made(name=web)
    assert groups_of(asked(web)) == {web}


@pytest.mark.parametrize("word", ["nothing", "theirs", "nowhere"])
def test_an_unknown_group_and_another_tenants_are_refused_alike_and_nothing_is_made(word):
    theirs = made(BOB, name="theirs")
    for given in {word, theirs, defaults.id_of(BOB.project)}:
        with pytest.raises(BadRequest, match="Unable to find security_group with name or id"):
            asked(given)
    assert not Server.objects.exists()


def test_even_an_admins_server_is_in_groups_of_its_own_project():
    with pytest.raises(BadRequest):
        asked(made(BOB), caller=ADMIN)


def test_a_name_that_several_groups_have_says_too_little():
    made(), made()
    with pytest.raises(Conflict):
        asked("web")


def test_a_port_is_in_no_more_groups_than_nodes_take(settings):
    settings.QUOTAS = {}
    several = [made(name=f"g{n}") for n in range(MOST_GROUPS + 1)]
    with pytest.raises(refusals.SecurityGroupsTooMany):
        asked(*several)
    id = asked(*several[1:])
    with pytest.raises(refusals.SecurityGroupsTooMany):
        members.add_to_server(ALICE, id, several[0])
    with pytest.raises(refusals.SecurityGroupsTooMany):
        members.change_port(ALICE, port_of(id), groups=several)


def test_an_interface_that_is_attached_later_is_in_the_default_group():
    server = running()
    port = plug_port(ALICE, server.pk, NewNic(network=NETWORK))
    shown = network.port(ALICE, port)
    assert (shown.security_groups, shown.port_security) == ([DEFAULT], True)


def test_ports_of_a_cloud_without_security_groups_are_open_and_stay_so_when_it_gets_them(settings):
    settings.SECURITY_GROUPS = False
    id = create().pk
    assert not PortGroup.objects.exists()
    assert servers.server(ALICE, id).security_groups is None
    with pytest.raises(BadRequest):
        asked("web")
    settings.SECURITY_GROUPS = True
    shown = network.port(ALICE, port_of(id))
    assert (shown.security_groups, shown.port_security) == ([], False)
    assert servers.server(ALICE, id).security_groups == []
    with pytest.raises(BadRequest):
        members.add_to_server(ALICE, id, "default")


def test_a_port_is_put_into_groups_and_out_of_others():
    web, db, id = made(), made(name="db"), asked("default")
    members.change_port(ALICE, port_of(id), groups=[web, DEFAULT, web])
    assert groups_of(id) == {web, DEFAULT}
    members.change_port(ALICE, port_of(id), groups=[db], name="front")
    assert groups_of(id) == {db}
    assert network.port(ALICE, port_of(id)).name == "front"
    members.change_port(ALICE, port_of(id), groups=[])
    assert groups_of(id) == set()
    assert network.port(ALICE, port_of(id)).port_security


def test_port_security_goes_off_only_without_groups_and_comes_on_before_them():
    port = port_of(asked())
    with pytest.raises(refusals.PortSecurityPortHasSecurityGroup):
        members.change_port(ALICE, port, secured=False)
    members.change_port(ALICE, port, secured=False, groups=[])
    with pytest.raises(refusals.PortSecurityAndIPRequiredForSecurityGroups):
        members.change_port(ALICE, port, groups=[DEFAULT])
    members.change_port(ALICE, port, secured=True, groups=[DEFAULT])
    assert network.port(ALICE, port).security_groups == [DEFAULT]


@pytest.mark.parametrize("caller", [ALICE, ADMIN])
def test_a_port_is_put_into_groups_of_its_own_project_by_their_ids_only(caller):
    id = asked()
    made()
    for other in (made(BOB), "web", "default", "nowhere", defaults.id_of(BOB.project)):
        with pytest.raises(NotFound):
            members.change_port(caller, port_of(id), groups=[other])
    assert groups_of(id) == {DEFAULT}


def test_another_tenants_port_and_server_are_as_unknown_as_what_never_was():
    theirs = asked(caller=BOB)
    mine = made()
    for attempt in (
        lambda: members.change_port(ALICE, port_of(theirs), groups=[]),
        lambda: members.change_port(ALICE, "nowhere", groups=[]),
        lambda: members.add_to_server(ALICE, theirs, mine),
        lambda: members.add_to_server(ALICE, "nowhere", mine),
        lambda: members.remove_from_server(ALICE, theirs, "default"),
        lambda: members.add_to_server(ALICE, asked(), made(BOB)),
        lambda: members.remove_from_server(ALICE, asked(), defaults.id_of(BOB.project)),
    ):
        with pytest.raises(NotFound):
            attempt()
    assert groups_of(theirs) == {defaults.id_of(BOB.project)}


def test_a_whole_server_is_put_into_a_group_and_out_of_it():
    id, web = asked(nics=[NewNic(network=NETWORK)] * 2), made()
    for _ in range(2):
        members.add_to_server(ALICE, id, "web")
    assert PortGroup.objects.filter(group=web).count() == 2
    assert {one.name for one in queries.of_server(id)} == {"web", "default"}
    members.remove_from_server(ALICE, id, web)
    assert groups_of(id) == {DEFAULT}
    with pytest.raises(NotFound):
        members.remove_from_server(ALICE, id, "web")


def test_readers_change_nobodys_groups():
    id = asked()
    for attempt in (
        lambda: members.change_port(READER, port_of(id), groups=[]),
        lambda: members.add_to_server(READER, id, "default"),
        lambda: members.remove_from_server(READER, id, "default"),
    ):
        with pytest.raises(Forbidden):
            attempt()


def test_what_was_imported_and_is_not_confirmed_is_in_no_group():
    id = asked()
    Server.objects.filter(pk=id).update(mode="imported", observed="running", verb="", command="")
    for attempt in (
        lambda: members.change_port(ALICE, port_of(id), groups=[]),
        lambda: members.add_to_server(ALICE, id, made()),
    ):
        with pytest.raises(WrongState):
            attempt()


def test_a_port_that_is_gone_is_in_no_group_and_frees_it():
    server, web = running(), made()
    members.add_to_server(ALICE, server.pk, web)
    compute.delete_server(ALICE, server.pk)
    taken = take()
    tell(accepted(taken, 9), job(server, "delete", 9, "success", taken.command.id))
    assert not PortGroup.objects.exists()
    commands.delete_group(ALICE, web)


def test_what_a_dispatcher_of_the_version_before_leaves_holds_no_group():
    id, web = asked(), made()
    members.add_to_server(ALICE, id, web)
    Port.objects.filter(device=id).update(observed="gone")
    assert servers.server(ALICE, id).security_groups == []
    assert queries.of_server(id) == []
    commands.delete_group(ALICE, web)
