"""Images as old clients have them from Nova: deleted, described, and found by what Nova calls them."""

import datetime

import pytest

from logic.image.models import Image
from logic.testing.worlds import ALICE, BOB

MOMENT = datetime.datetime(2025, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)


@pytest.fixture
def mine(alice) -> Image:
    return Image.objects.create(name="mine", status="active", visibility="private", owner=ALICE.project)


def test_an_image_is_deleted_and_one_that_is_not_there_is_not_found(alice, mine):
    assert alice.delete(f"/images/{mine.pk}").status == 204
    assert [alice.delete(f"/images/{id}").status for id in (mine.pk, "x" * 37, "11a22b9-120q", "")] == [404] * 4


def test_what_glance_forbids_is_forbidden_here(alice, mine):
    Image.objects.update(protected=True)
    assert alice.delete(f"/images/{mine.pk}").status == 403
    Image.objects.update(owner=BOB.project, protected=False)
    assert alice.delete(f"/images/{mine.pk}").status == 404
    assert alice.put(f"/images/{mine.pk}/metadata", {"metadata": {}}).status == 404


def test_metadata_is_merged_replaced_and_taken_away(alice, mine):
    Image.objects.update(properties={"os_glance_failed_import": "files"})
    where = f"/images/{mine.pk}/metadata"
    assert alice.put(where, {"metadata": {"a": "1", "b": "2"}}).json == {"metadata": {"a": "1", "b": "2"}}
    assert alice.post(where, {"metadata": {"b": "3", "c": "4"}}).json == {"metadata": {"a": "1", "b": "3", "c": "4"}}
    assert alice.get(f"{where}/b").json == {"meta": {"b": "3"}}
    assert alice.put(f"{where}/b", {"meta": {"b": "5"}}).json == {"meta": {"b": "5"}}
    assert alice.delete(f"{where}/a").status == 204
    assert [alice.delete(f"{where}/{key}").status for key in ("a", "os_glance_failed_import")] == [404, 404]
    assert alice.get(f"{where}/a").status == 404
    mine.refresh_from_db()
    assert mine.properties == {"b": "5", "c": "4", "os_glance_failed_import": "files"}


@pytest.mark.parametrize("items", [{"status": "queued"}, {"os_glance_x": "1"}])
def test_metadata_is_no_way_around_what_is_read_only(alice, mine, items):
    """OSSA-2015-019."""
    assert alice.post(f"/images/{mine.pk}/metadata", {"metadata": items}).status == 403


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("status=active", {"debian", "mine", "snapshot"}),
        ("status=SAVING", {"coming"}),
        ("status=nonsense", set()),
        ("changes-since=2025-01-02T03:04:05Z", {"debian", "mine", "coming"}),
        ("type=snapshot", {"snapshot"}),
        ("server=http://cloud/servers/abc", {"snapshot"}),
        ("minDisk=7", {"coming"}),
        ("minRam=8", {"coming"}),
    ],
)
def test_a_list_is_narrowed_in_novas_words(alice, mine, query, found):
    rest = {"visibility": "private", "owner": ALICE.project}
    Image.objects.create(name="coming", status="importing", min_disk=7, min_ram=8, **rest)
    snapshot = {"image_type": "snapshot", "instance_uuid": "abc"}
    old = MOMENT - datetime.timedelta(days=1)
    Image.objects.create(name="snapshot", status="active", properties=snapshot, updated_at=old, **rest)
    assert {one["name"] for one in alice.get(f"/images?{query}").json["images"]} == found


@pytest.mark.parametrize("query", ["changes-since=yesterday", "minDisk=much"])
def test_what_is_no_time_and_no_number_is_refused(alice, query):
    assert alice.get(f"/images?{query}").status == 400
