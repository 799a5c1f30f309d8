"""What is secret of a server that is being rebuilt: for the nodes of its cluster, as long as that is under way."""

import pytest

from logic.compute import commands
from logic.compute.commands import Rebuilt, set_password
from logic.compute.models import Server
from logic.ledger.models import Command
from logic.messages import codec
from logic.placement import commands as placement
from logic.placement import nodekeys
from logic.testing.worlds import ALICE, IMAGE, furnish, running

USER_DATA = "IyEvYmluL3No"


@pytest.fixture
def rebuild(api, settings):
    """The newest command, of a server that is being rebuilt."""
    settings.NODES_ASK_SECRETS, settings.GANETI_OS_PROVIDER = True, "synnefo-image+default"
    furnish()
    server = running()
    Server.objects.filter(pk=server.pk).update(config_drive=True)
    commands.rebuild_server(ALICE, server.pk, Rebuilt(image=IMAGE, password="correct horse", user_data=USER_DATA))
    return Command.objects.latest("created_at")


@pytest.fixture
def path(rebuild):
    command = codec.decode_command(bytes(rebuild.payload))
    return f"/nodes/v1/secrets/{command.os_params['secrets']}"


def shown(key):
    return {"Authorization": f"Bearer {key}"}


def test_a_node_of_its_cluster_is_told_password_and_user_data(api, path):
    reply = api.get(path, headers=shown(nodekeys.make("c1")))
    assert (reply.status, reply.json) == (200, {"img_passwd": "correct horse", "cloud_userdata": USER_DATA})
    assert reply.headers["cache-control"] == "no-store"


def test_when_it_is_over_nobody_is_told_any_more(api, path, rebuild):
    key = nodekeys.make("c1")
    Command.objects.filter(pk=rebuild.pk).update(status="settled")
    assert api.get(path, headers=shown(key)).status == 404


def test_of_a_creation_nothing_is_told(api, rebuild):
    creation = Command.objects.exclude(pk=rebuild.pk).get()
    Command.objects.filter(pk=creation.pk).update(status="pending")
    reply = api.get(f"/nodes/v1/secrets/{creation.pk}", headers=shown(nodekeys.make("c1")))
    assert reply.status == 404


def test_another_clusters_node_is_told_nothing(api, path):
    placement.add_backend(name="c9", endpoint="https://c9.example.org:5080", username="u", password="p")
    assert api.get(path, headers=shown(nodekeys.make("c9"))).status == 404


@pytest.mark.parametrize("key", ["", "nonsense"])
def test_who_shows_no_key_of_a_cluster_is_told_nothing(api, path, key):
    assert api.get(path, headers=shown(key)).status == 401
    assert api.of(ALICE).get(path).status == 401


@pytest.fixture
def setting(api, settings):
    """Where the password is told that is being set in a guest."""
    settings.NODES_SET_PASSWORDS = True
    furnish()
    server = running()
    Server.objects.filter(pk=server.pk).update(image_properties={"hw_qemu_guest_agent": "yes"})
    set_password(ALICE, server.pk, "correct horse")
    return f"/nodes/v1/secrets/{Command.objects.latest('created_at').pk}"


def test_the_password_of_a_guest_is_told_once_and_to_a_node_of_its_cluster(api, setting):
    placement.add_backend(name="c9", endpoint="https://c9.example.org:5080", username="u", password="p")
    assert api.get(setting, headers=shown(nodekeys.make("c9"))).status == 404
    key = nodekeys.make("c1")
    reply = api.get(setting, headers=shown(key))
    assert (reply.status, reply.json) == (200, {"user": "root", "password": "correct horse"})
    assert api.get(setting, headers=shown(key)).status == 409
