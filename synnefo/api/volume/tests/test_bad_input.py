"""What must not pass: each is refused with a sentence in Cinder's envelope, and nothing is written."""

import pytest

from logic.ledger.models import Command, Journal
from logic.quota.models import Delta
from logic.testing.worlds import ALICE, BOB, accepted, create, running, take, tell
from logic.volume.commands import NewVolume, attach_volume, create_volume
from logic.volume.models import Volume
from logic.volume.tests.test_commands import told

V3 = "/volume/v3"
UNKNOWN = "cccccccc-0000-4000-8000-00000000000c"
LONG = "n" * 900_000
NAMES = {400: "badRequest", 403: "forbidden", 404: "itemNotFound", 405: "badMethod", 406: "computeFault",
         413: "overLimit", 501: "notImplemented"}  # fmt: skip


def rows():
    return [table.objects.count() for table in (Volume, Command, Journal, Delta)]


def refused(api, method, path, json=None, *, status=400, **options):
    before = rows()
    reply = api.request(method, path if path.startswith("/volume") else f"{V3}/{path}", json=json, **options)
    assert reply.status == status, (reply.status, reply.body[:300])
    ((name, fault),) = reply.json.items()
    assert (name, fault["code"]) == (NAMES[status], status)
    assert 10 < len(fault["message"]) < 700
    assert rows() == before


@pytest.fixture
def mine(alice):
    return create_volume(ALICE, NewVolume(size=1, metadata={"a": "b"}))


VOLUMES = {
    "no size": {"size": None},
    "a size of nothing": {"size": 0},
    "a negative size": {"size": -1},
    "a negative size in words": {"size": "-1"},
    "half a size": {"size": 1.5},
    "a flag for a size": {"size": True},
    "a list for a size": {"size": [1]},
    "digits of another alphabet": {"size": "\u0661"},
    "a signed size": {"size": "+1"},
    "a size with spaces": {"size": " 1"},
    "more than there is": {"size": 2**20 + 1},
    "more than a number": {"size": 10**30},
    "a size of a megabyte": {"size": "9" * 900_000},
    "a name of 256 characters": {"name": "n" * 256},
    "a name of a megabyte": {"name": LONG},
    "a number for a name": {"name": 5},
    "a description of 256 characters": {"description": "n" * 256},
    "metadata that is no text": {"metadata": {"a": 1}},
    "metadata that is a list": {"metadata": ["a"]},
    "a long key": {"metadata": {"k" * 256: "v"}},
    "an empty key": {"metadata": {"": "v"}},
    "a long value": {"metadata": {"k": "v" * 256}},
    "a type of a megabyte": {"volume_type": LONG},
    "a number for a type": {"volume_type": 1},
    "an unknown zone": {"availability_zone": "moon"},
    "a zone of a megabyte": {"availability_zone": LONG},
    "a group": {"group_id": UNKNOWN},
    "several things": {"snapshot_id": UNKNOWN, "source_volid": UNKNOWN},
    "several servers": {"multiattach": True},
    "several servers, in words": {"multiattach": "True"},
}


@pytest.mark.parametrize("case", VOLUMES)
def test_a_volume_is_not_made_of(alice, case):
    refused(alice, "POST", "volumes", {"volume": {"size": 1, **VOLUMES[case]}})


@pytest.mark.parametrize("wanted", [{"volume_type": "fast"}, {"volume_type": UNKNOWN}, {"imageRef": UNKNOWN},
                                    {"snapshot_id": UNKNOWN}, {"source_volid": UNKNOWN}])  # fmt: skip
def test_nor_of_what_is_not_there(alice, wanted):
    refused(alice, "POST", "volumes", {"volume": {"size": 1, **wanted}}, status=404)


@pytest.mark.parametrize("body", [{}, {"volume": None}, {"volume": []}, {"volume": "x"}, {"server": {}}, [], "x", 5])
def test_a_body_of_another_shape_makes_nothing(alice, mine, body):
    for method, path in (("POST", "volumes"), ("PUT", f"volumes/{mine}"), ("POST", f"volumes/{mine}/metadata")):
        refused(alice, method, path, body)


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"\xff\xfe", b'{"volume": "\\ud800"}', b'{"volume": {"name": "a\\u0000b"}}', b"[" * 5000]
)
def test_what_is_not_json_makes_nothing(alice, mine, raw):
    for path in ("volumes", f"volumes/{mine}/action", f"volumes/{mine}/metadata", "snapshots"):
        refused(alice, "POST", path, body=raw)


def test_metadata_ends_somewhere(alice, mine, settings):
    settings.MAX_METADATA_ITEMS = 2
    many = {str(number): "v" for number in range(3)}
    refused(alice, "POST", "volumes", {"volume": {"size": 1, "metadata": many}}, status=413)
    refused(alice, "PUT", f"volumes/{mine}", {"volume": {"metadata": many}}, status=413)
    refused(alice, "PUT", f"volumes/{mine}/metadata", {"metadata": many}, status=413)
    refused(alice, "POST", f"volumes/{mine}/metadata", {"metadata": {"c": "d", "e": "f"}}, status=413)
    assert Volume.objects.get().metadata == {"a": "b"}


@pytest.mark.parametrize(
    "query",
    ["limit=-1", "limit=x", "limit=1.5", f"limit={'9' * 400}", "sort=colour", "sort=name:up", "sort_key=colour",
     "all_tenants=perhaps", "name=a%00b", "offset=x", "metadata=5", "bootable=perhaps", "size=many"],
)  # fmt: skip
def test_a_list_that_makes_no_sense_is_refused(alice, query):
    refused(alice, "GET", f"volumes/detail?{query}")


@pytest.mark.parametrize("id", [UNKNOWN, "data", "..", "a%00b", "%F0%9F%92%BE", "x" * 3000, "'%20OR%201=1"])
def test_what_is_no_volume_is_not_found(alice, id):
    for method, path, body in (
        ("GET", id, None),
        ("PUT", id, {"volume": {"name": "x"}}),
        ("DELETE", id, None),
        ("POST", f"{id}/action", {"os-extend": {}}),
        ("GET", f"{id}/metadata", None),
        ("POST", f"{id}/metadata", {"metadata": {}}),
        ("DELETE", f"{id}/metadata/a", None),
    ):
        refused(alice, method, f"volumes/{path}", body, status=404)


def test_another_projects_volume_is_not_found_by_any_method(alice):
    theirs = create_volume(BOB, NewVolume(size=1, metadata={"a": "b"}))
    for method, path, body in (
        ("GET", "", None),
        ("PUT", "", {"volume": {"name": "x"}}),
        ("DELETE", "", None),
        ("POST", "/action", {"os-extend": {}}),
        ("GET", "/metadata", None),
        ("PUT", "/metadata", {"metadata": {}}),
        ("DELETE", "/metadata/a", None),
    ):
        refused(alice, method, f"volumes/{theirs}{path}", body, status=404)
    refused(alice, "GET", f"volumes?marker={theirs}", status=404)
    refused(alice, "POST", "snapshots", {"snapshot": {"volume_id": theirs}}, status=404)
    refused(alice, "GET", f"/volume/v3/{BOB.project}/volumes")
    assert alice.get(f"{V3}/volumes?id={theirs}").json == {"volumes": []}


@pytest.mark.parametrize("path", ["volumes", "volumes/detail", "types", "limits", "snapshots"])
@pytest.mark.parametrize("method", ["PATCH", "DELETE", "BREW"])
def test_a_method_that_an_address_has_not_is_refused(alice, path, method):
    refused(alice, method, path, status=405)


def test_a_version_that_is_not_spoken_is_refused(alice):
    refused(alice, "GET", "volumes", status=406, headers={"OpenStack-API-Version": "volume 3.99"})
    refused(alice, "GET", "volumes", headers={"OpenStack-API-Version": "volume three"})


@pytest.mark.parametrize(
    "snapshot", [5, "x", {"name": "sn"}, {"volume_id": 5}, {"volume_id": ["x"]}, {"volume_id": "x" * 256}]
)
def test_a_snapshot_of_nothing_is_refused(alice, snapshot):
    refused(alice, "POST", "snapshots", {"snapshot": snapshot})


def test_who_may_not_exchange_records_of_backups_is_told_so(alice):
    for method, path in (("GET", f"backups/{UNKNOWN}/export_record"), ("POST", "backups/import_record")):
        refused(alice, method, path, {}, status=403)
        assert "does not allow exchange backup records" in alice.request(method, f"{V3}/{path}", json={}).body.decode()


class TestWhatIsUnderWay:
    """Each refused, with the volume and its server as they were."""

    @pytest.fixture
    def server(self, alice):
        return running()

    @pytest.fixture
    def attaching(self, mine, server):
        attach_volume(ALICE, server.pk, mine)
        return mine

    @pytest.fixture
    def attached(self, attaching):
        taken = take()
        tell(accepted(taken, 9), told(taken))
        return attaching

    def path(self, server, volume=""):
        return f"/compute/v2.1/servers/{server.pk}/os-volume_attachments" + (f"/{volume}" if volume else "")

    def nova(self, api, method, path, json=None, *, status=400):
        before = rows(), list(Volume.objects.values())
        reply = api.request(method, path, json=json)
        assert reply.status == status, reply.body
        assert (rows(), list(Volume.objects.values())) == before
        return reply

    def test_a_volume_is_not_put_on_twice(self, alice, server, attached):
        self.nova(alice, "POST", self.path(server), {"volumeAttachment": {"volumeId": attached}})

    def test_nor_while_it_is_on_its_way(self, alice, server, attaching):
        self.nova(alice, "POST", self.path(server), {"volumeAttachment": {"volumeId": attaching}})
        self.nova(alice, "DELETE", self.path(server, attaching))

    def test_nor_on_a_server_that_is_built(self, alice, mine):
        server = create()
        self.nova(alice, "POST", self.path(server), {"volumeAttachment": {"volumeId": mine}}, status=409)

    def test_it_is_not_deleted_while_it_is_in_use(self, alice, attached):
        self.nova(alice, "DELETE", f"{V3}/volumes/{attached}")

    def test_nor_while_it_is_put_on(self, alice, attaching):
        self.nova(alice, "DELETE", f"{V3}/volumes/{attaching}")

    def test_what_is_on_no_server_or_on_another_is_not_taken_off(self, alice, server, mine):
        self.nova(alice, "DELETE", self.path(server, mine), status=404)
        self.nova(alice, "DELETE", self.path(server, UNKNOWN), status=404)
        attach_volume(ALICE, running(first_job=20).pk, mine)
        self.nova(alice, "DELETE", self.path(server, mine), status=404)

    @pytest.mark.parametrize("id", [5, None, "", "data", "a" * 3000, ["x"]])
    def test_what_is_no_id_is_not_put_on(self, alice, server, id):
        self.nova(alice, "POST", self.path(server), {"volumeAttachment": {"volumeId": id}})

    def test_what_is_unknown_is_not_put_on(self, alice, server):
        self.nova(alice, "POST", self.path(server), {"volumeAttachment": {"volumeId": UNKNOWN}}, status=404)
