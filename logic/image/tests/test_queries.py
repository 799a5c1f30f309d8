"""Which images a caller sees, in what order, and how a list is narrowed."""

import pytest

from logic.access import Caller
from logic.errors import BadRequest, NotFound
from logic.image import queries
from logic.image.models import Image
from logic.image.queries import ImageFilter
from logic.testing.worlds import ADMIN, ALICE, BOB

pytestmark = [pytest.mark.django_db, pytest.mark.every_database]
UNSCOPED = Caller(user="alice")
ALL = ImageFilter()


def make(name: str, **columns: object) -> Image:
    return Image.objects.create(name=name, **{"status": "active", "visibility": "public", **columns})


def names(caller: Caller = ALICE, wanted: ImageFilter = ALL, **options: object) -> list[str]:
    return [one.name for one in queries.images(caller, wanted, **options)]


def test_a_project_sees_what_is_public_and_its_own():
    make("public")
    make("mine", visibility="private", owner=ALICE.project)
    make("theirs", visibility="private", owner=BOB.project)
    assert set(names(ALICE)) == {"public", "mine"}
    assert set(names(ADMIN)) == {"public", "mine", "theirs"}


def test_another_tenants_private_image_is_as_unknown_as_one_that_never_was():
    theirs = make("theirs", visibility="private", owner=BOB.project)
    for id in (theirs.pk, "cccccccc-0000-4000-8000-000000000001"):
        with pytest.raises(NotFound):
            queries.image(ALICE, id)


def test_an_unscoped_token_does_not_own_what_has_no_owner():
    hidden = make("operators", visibility="private", owner="")
    assert names(UNSCOPED) == []
    with pytest.raises(NotFound):
        queries.image(UNSCOPED, hidden.pk)


def test_what_the_community_shares_is_shown_when_asked_for():
    shared = make("shared", visibility="community", owner=BOB.project)
    assert names(ALICE) == []
    assert names(BOB) == ["shared"]
    assert names(ALICE, ImageFilter(visibility="community")) == ["shared"]
    assert names(ALICE, ImageFilter(visibility="all")) == ["shared"]
    assert queries.image(ALICE, shared.pk).name == "shared"


def test_hidden_images_are_listed_only_when_asked_for():
    make("old", hidden=True)
    make("new")
    assert names() == ["new"]
    assert names(wanted=ImageFilter(hidden=True)) == ["old"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (ImageFilter(columns={"name": ["b", "c"]}), {"b", "c"}),
        (ImageFilter(columns={"id": []}), set()),
        (ImageFilter(bounds={"size__gte": 20}), {"b", "c"}),
        (ImageFilter(bounds={"size__gte": 20, "size__lte": 25}), {"b"}),
        (ImageFilter(tags=["x"]), {"a", "b"}),
        (ImageFilter(tags=["x", "y"]), {"b"}),
        (ImageFilter(properties={"os.distro": "debian"}), {"a"}),
        (ImageFilter(tags=["x"], properties={"os.distro": "debian"}), {"a"}),
    ],
)
def test_a_list_is_narrowed_by(wanted, found):
    make("a", size=10, tags=["x"], properties={"os.distro": "debian"})
    make("b", size=20, tags=["x", "y"])
    make("c", size=30, properties={"os.distro": "ubuntu"})
    assert set(names(wanted=wanted)) == found


def test_pages_meet_without_gaps_or_repeats_even_where_sizes_are_unknown_or_equal():
    for name, size in {"a": None, "b": 5, "c": None, "d": 5, "e": 1}.items():
        make(name, size=size)
    whole = [one.id for one in queries.images(ALICE, sort=[("size", "asc")])]
    paged, marker = [], ""
    while page := queries.images(ALICE, sort=[("size", "asc")], limit=2, marker=marker):
        paged += [one.id for one in page]
        marker = paged[-1]
    assert paged == whole
    assert [one.size for one in queries.images(ALICE, sort=[("size", "asc")])] == [None, None, 1, 5, 5]


def test_a_page_narrowed_by_tags_is_full():
    for number in range(6):
        make(str(number), tags=["even"] if number % 2 == 0 else [])
    first = queries.images(ALICE, ImageFilter(tags=["even"]), sort=[("name", "asc")], limit=2)
    rest = queries.images(ALICE, ImageFilter(tags=["even"]), sort=[("name", "asc")], limit=2, marker=first[-1].id)
    assert [one.name for one in [*first, *rest]] == ["0", "2", "4"]


@pytest.mark.parametrize("options", [{"sort": [("secret", "asc")]}, {"marker": "nowhere"}])
def test_what_cannot_be_sorted_by_or_started_from_is_refused(options):
    with pytest.raises(BadRequest):
        names(**options)


def test_a_marker_that_cannot_be_seen_is_no_marker():
    theirs = make("theirs", visibility="private", owner=BOB.project)
    with pytest.raises(BadRequest):
        names(marker=theirs.pk)
