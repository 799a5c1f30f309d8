"""``manage.py backend-add``, ``-list``, ``-modify`` and ``-remove``."""

import io

import msgspec
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from logic import secretkeys
from logic.compute.models import Server
from logic.errors import Transient, Unavailable
from logic.identity.models import Domain, Project
from logic.placement import commands as placement
from logic.placement import nodekeys
from logic.placement.models import Backend, NodeKey
from logic.testing.worlds import INCARNATION, create, furnish
from synnefo.management.tables import USAGE
from synnefo.management.tests.clusters import FakeCluster, answering, data, printed

pytestmark = pytest.mark.django_db
PASSWORD = "canary-4711"
OTHER = "99999999-2222-3333-4444-555555555555"


@pytest.fixture(autouse=True)
def cluster(monkeypatch, tmp_path):
    monkeypatch.setattr(secretkeys, "_current", secretkeys.Keyring(tmp_path / "secret-keys"))
    return answering(monkeypatch, FakeCluster())


@pytest.fixture
def password(tmp_path):
    file = tmp_path / "password"
    file.write_text(PASSWORD + "\n")
    return str(file)


def add(password, *more, name="c9"):
    reach = ("--endpoint", "https://ganeti.example:5080", "--username", "synnefo", "--password-file", password)
    return data("backend-add", name, *reach, *more)


def test_a_cluster_that_answers_is_recorded_with_what_it_said(cluster, password):
    shown = add(password, "--disk-template", "drbd")
    row = Backend.objects.get(name="c9")
    assert (row.incarnation, row.software, row.memory_free, row.disk_template) == (INCARNATION, "3.0.2", 2048, "drbd")
    assert shown["incarnation"] == INCARNATION
    assert (cluster.accesses[0].password, cluster.accesses[0].username) == (PASSWORD, "synnefo")


@pytest.mark.parametrize(("wipes", "is_told"), [(False, True), (True, False), (None, False)])
def test_a_cluster_that_does_not_wipe_new_disks_is_taken_and_told_of(cluster, password, wipes, is_told):
    """OSSA-2012-020, OSSA-2013-021."""
    cluster.said = msgspec.structs.replace(cluster.said, wipes=wipes)
    told = io.StringIO()
    reach = ("--endpoint", "https://ganeti.example:5080", "--username", "synnefo", "--password-file", password)
    call_command("backend-add", "c9", *reach, stdout=io.StringIO(), stderr=told)
    assert Backend.objects.filter(name="c9").exists()
    assert ("--prealloc-wipe-disks" in told.getvalue()) is is_told


def test_the_password_is_kept_encrypted_and_never_shown(password):
    shown = add(password)
    row = Backend.objects.get()
    assert secretkeys.current().decrypt(row.secret) == PASSWORD
    for text in (str(shown), printed("backend-list"), row.secret):
        assert PASSWORD not in text


def test_a_key_of_nodes_goes_into_a_file_of_its_own_and_is_kept_as_a_digest(password, tmp_path):
    add(password)
    file = tmp_path / "node-key"
    shown = data("backend-node-key", "c9", "--output", str(file))

    assert shown == {"cluster": "c9", "key": str(file)}
    assert file.stat().st_mode & 0o777 == 0o600
    key = file.read_text().strip()
    assert nodekeys.holder(key) == Backend.objects.get().pk
    assert key not in NodeKey.objects.get().digest
    with pytest.raises(CommandError, match="is there already"):
        call_command("backend-node-key", "c9", "--output", str(file))
    assert NodeKey.objects.count() == 1


@pytest.mark.parametrize("words", [["c8", "--output", "key"], ["c9", "--output", "nowhere/key"]])
def test_a_key_that_cannot_be_given_is_not_made(password, tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    add(password)
    with pytest.raises(CommandError):
        call_command("backend-node-key", *words)
    assert (NodeKey.objects.count(), list(tmp_path.glob("**/key"))) == (0, [])


def test_a_cluster_that_does_not_answer_is_refused_and_not_recorded(cluster, password):
    cluster.failure = Transient("connection refused")
    with pytest.raises(CommandError, match="connection refused") as failure:
        add(password)
    assert failure.value.returncode == 3
    assert not Backend.objects.exists()


UNTRUSTED = "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate"


@pytest.mark.parametrize("failure", [UNTRUSTED, 'Fingerprints did not match. Expected "a", got "b"'])
def test_a_cluster_whose_certificate_is_not_trusted_is_a_matter_of_the_ca_file(cluster, password, capsys, failure):
    cluster.failure = Transient(failure)
    words = ("--endpoint", "https://ganeti.example:5080", "--username", "synnefo", "--password-file", password)
    with pytest.raises(CommandError):
        call_command("backend-add", "c9", *words)
    said = capsys.readouterr().err
    assert "--ca-file" in said
    assert "--force" not in said


def test_a_cluster_that_does_not_answer_is_recorded_when_forced(cluster, password):
    cluster.failure = Transient("connection refused")
    assert add(password, "--force")["incarnation"] == ""
    assert Backend.objects.get().name == "c9"


def test_a_cluster_that_would_not_make_our_disks_is_refused_with_those_it_makes(cluster, password, settings):
    settings.GANETI_DISK_TEMPLATE = "plain"
    cluster.said = msgspec.structs.replace(cluster.said, disk_templates=("file", "diskless"))
    with pytest.raises(CommandError, match="no plain disks but file, diskless"):
        add(password)
    assert not Backend.objects.exists()
    assert add(password, "--disk-template", "file")["name"] == "c9"


def test_one_cluster_is_not_recorded_under_two_names(password):
    add(password)
    with pytest.raises(CommandError, match="as backend c9"):
        add(password, name="c8")
    assert Backend.objects.count() == 1


def test_a_name_is_taken_once_and_nobody_is_asked(cluster, password):
    add(password)
    cluster.accesses.clear()
    with pytest.raises(CommandError, match="already one backend named c9"):
        add(password)
    assert cluster.accesses == []


@pytest.mark.parametrize("content", ["", "\n", "\nlater", b"\xff\xfe\n"])
def test_a_file_without_a_password_is_refused_by_its_name(tmp_path, content):
    file = tmp_path / "empty"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(CommandError, match="empty"):
        add(str(file))


@pytest.mark.parametrize(
    "more", [("--password-file", "/nowhere"), ("--ca-file", "/nowhere"), ("--endpoint", "http://x")]
)
def test_what_cannot_be_used_is_refused_and_nothing_is_recorded(password, more):
    with pytest.raises(CommandError):
        add(password, *more)
    assert not Backend.objects.exists()


def test_a_certificate_is_kept_by_its_whole_path(cluster, password, tmp_path, monkeypatch):
    (tmp_path / "ca.pem").write_text("x")
    monkeypatch.chdir(tmp_path)
    add(password, "--ca-file", "ca.pem")
    assert Backend.objects.get().ca_file == str(tmp_path / "ca.pem") == cluster.accesses[0].ca_file


def test_the_list_tells_state_and_room(password):
    add(password)
    Backend.objects.create(name="c0", endpoint="https://x:5080", drained=True)
    rows = data("backend-list")
    assert [(row["name"], row["state"]) for row in rows] == [("c0", "drained"), ("c9", "in use")]
    assert rows[1]["memory_free"] == 2048
    assert "in use" in printed("backend-list")


def test_a_cluster_is_drained_and_taken_offline_and_back(password):
    add(password)
    assert data("backend-modify", "c9", "--drain")["drained"] is True
    assert data("backend-modify", "c9", "--offline")["offline"] is True
    shown = data("backend-modify", "c9", "--undrain", "--online")
    assert (shown["drained"], shown["offline"]) == (False, False)


def test_a_new_password_is_tried_before_it_is_kept(cluster, password, tmp_path):
    add(password)
    new = tmp_path / "new"
    new.write_text("another\n")
    cluster.failure = Transient("401")
    with pytest.raises(CommandError):
        data("backend-modify", "c9", "--password-file", str(new))
    assert secretkeys.current().decrypt(Backend.objects.get().secret) == PASSWORD
    cluster.failure = None
    data("backend-modify", "c9", "--password-file", str(new))
    assert cluster.accesses[-1].password == "another"
    assert secretkeys.current().decrypt(Backend.objects.get().secret) == "another"


def test_a_new_endpoint_must_lead_to_the_same_cluster(cluster, password):
    add(password)
    cluster.said = FakeCluster(OTHER).said
    with pytest.raises(CommandError, match="not the|not " + INCARNATION):
        data("backend-modify", "c9", "--endpoint", "https://elsewhere:5080")
    assert Backend.objects.get().endpoint == "https://ganeti.example:5080"
    data("backend-modify", "c9", "--endpoint", "https://elsewhere:5080", "--force")
    assert Backend.objects.get().endpoint == "https://elsewhere:5080"


def test_another_incarnation_is_accepted_only_by_its_name(cluster, password):
    add(password)
    cluster.said = FakeCluster(OTHER).said
    with pytest.raises(CommandError):
        data("backend-modify", "c9", "--accept-incarnation", INCARNATION)
    assert Backend.objects.get().incarnation == INCARNATION
    data("backend-modify", "c9", "--accept-incarnation", OTHER)
    assert Backend.objects.get().incarnation == OTHER


def test_a_modification_without_a_change_is_refused(password):
    add(password)
    with pytest.raises(CommandError, match="--help") as failure:
        data("backend-modify", "c9")
    assert failure.value.returncode == USAGE


@pytest.mark.parametrize("command", ["backend-modify", "backend-remove", "backend-show"])
def test_an_unknown_cluster_is_not_found(command):
    with pytest.raises(CommandError, match="No backend") as failure:
        printed(command, "nowhere")
    assert failure.value.returncode == 1


def test_a_cluster_without_servers_is_removed(password):
    add(password)
    assert data("backend-remove", "c9")["removed"] == "c9"
    assert not Backend.objects.exists()


def test_a_cluster_with_servers_stays():
    furnish()
    create()
    with pytest.raises(CommandError, match="still holds servers"):
        printed("backend-remove", "c1")
    assert Backend.objects.exists()


# Which Ganeti it is, and what its API can

TOO_OLD = "It runs Ganeti 2.15.2; Synnefo needs 2.16 or newer."


@pytest.mark.parametrize("more", [(), ("--force",)])
def test_a_cluster_that_is_too_old_is_refused_in_a_sentence_even_when_forced(cluster, password, more):
    cluster.said = msgspec.structs.replace(cluster.said, version="2.15.2", unfit=TOO_OLD)
    with pytest.raises(CommandError, match="needs 2\\.16 or newer") as failure:
        add(password, *more)
    assert failure.value.returncode == 1
    assert not Backend.objects.exists()


def test_what_its_api_can_is_kept_and_shown(cluster, password):
    cluster.said = msgspec.structs.replace(cluster.said, features=("instance-create-reqv1", "node-evac-res1"))
    add(password)
    shown = data("backend-show", "c9")
    assert (shown["state"], shown["software"], shown["features"]) == (
        "in use", "3.0.2", "instance-create-reqv1 node-evac-res1",
    )  # fmt: skip
    assert [row["software"] for row in data("backend-list")] == ["3.0.2"]


def test_a_cluster_that_has_become_unfit_takes_no_new_servers_and_says_why(cluster):
    furnish()
    server = create()
    placement.refresh("c1", msgspec.structs.replace(cluster.said, version="2.15.2", unfit=TOO_OLD))
    assert (data("backend-list")[0]["state"], data("backend-show", "c1")["unfit"]) == ("unfit", TOO_OLD)
    with pytest.raises(Unavailable):
        create()
    # And what it has goes on
    assert Server.objects.get().pk == server.pk
    # Until it is fit again
    placement.refresh("c1", cluster.said)
    assert create().backend.name == "c1"


def test_a_cluster_is_pinned_to_projects_by_their_names_and_back(password):
    add(password)
    domain, _ = Domain.objects.get_or_create(id="default", defaults={"name": "Default"})
    for name in ("red", "blue"):
        Project.objects.create(id=name[0] * 32, name=name, domain=domain)
    shown = data("backend-modify", "c9", "--pin", "red", "--pin", "b" * 32)
    assert shown["projects"] == ["b" * 32, "r" * 32]
    assert data("backend-modify", "c9", "--unpin", "red")["projects"] == ["b" * 32]
    with pytest.raises(CommandError, match="No project"):
        data("backend-modify", "c9", "--pin", "green")
