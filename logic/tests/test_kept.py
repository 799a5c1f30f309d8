"""A kept question answers as the ORM does, on each database; a row added is the row that the ORM would have written."""

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from logic import kept
from logic.compute.models import Flavor, Server
from logic.image.models import Image
from logic.kept import Kept
from logic.ledger.models import Command
from logic.network.models import Subnet
from logic.placement.models import Backend
from logic.testing.worlds import create, furnish

pytestmark = [pytest.mark.django_db, pytest.mark.every_database]


@pytest.fixture(autouse=True)
def world():
    return furnish()


def columns(row):
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


@pytest.mark.parametrize("model", [Flavor, Image, Subnet, Backend, Server])
def test_a_kept_question_gives_the_rows_that_the_orm_gives(model):
    create()
    key = "name" if model is Backend else "pk"  # the values of a question are text
    ask = Kept(lambda *ids: model.objects.filter(**{f"{key}__in": ids}))
    known = list(model.objects.all())
    assert known
    assert [columns(row) for row in ask(*[getattr(row, key) for row in known])] == [columns(row) for row in known]


def test_each_value_goes_to_its_place_and_the_question_is_composed_once():
    composed = []

    def compose(name, *ids):
        composed.append(ids)
        return Flavor.objects.filter(pk__in=ids, is_public=True).exclude(name=name)

    ask = Kept(compose)
    Flavor.objects.create(id="2", name="m1.small", vcpus=1, ram=1024, disk=1)
    assert [row.pk for row in ask("m1.small", "1", "2")] == ["1"]
    assert [row.pk for row in ask("m1.tiny", "2", "1")] == ["2"]
    assert ask("m1.tiny", "9", "8") == []
    assert len(composed) == 1
    assert [row.pk for row in ask("other", "2")] == ["2"]
    assert len(composed) == 2


def test_an_answer_is_a_model_that_can_be_saved():
    (row,) = Kept(lambda id: Flavor.objects.filter(pk=id))("1")
    row.ram = 2048
    row.save()
    assert Flavor.objects.get(pk="1").ram == 2048


def test_rows_are_added_in_one_statement_and_read_back_as_they_were(world):
    rows = [
        Server(
            number=number, name=f"naïve {number}", project="p", user="u", flavor_id="1", flavor_name="m1.tiny", vcpus=1,
            ram=1, disk=1, metadata={"key": ["ü", None]}, description=None, backend=world,
        )
        for number in range(1, 4)
    ]  # fmt: skip
    commands = [
        Command(kind="server", resource=row.pk, backend=world, verb="create", payload=b"\0\xff") for row in rows
    ]
    with CaptureQueriesContext(connection) as asked:
        kept.add(rows)
        kept.add(commands)
    assert len(asked) == 2
    for row in (*rows, *commands):
        read = type(row).objects.get(pk=row.pk)
        if isinstance(row, Command):
            read.payload = bytes(read.payload)
        assert columns(read) == columns(row)


def test_a_row_that_was_added_is_changed_and_not_added_again_when_it_is_saved():
    row = Flavor(id="3", name="m1.other", vcpus=1, ram=1, disk=1)
    kept.add([row])
    row.ram = 2
    row.save()
    assert Flavor.objects.get(pk="3").ram == 2


def test_many_rows_go_in_several_statements(monkeypatch):
    monkeypatch.setattr(kept, "CHUNK", 2)
    kept.add([Flavor(id=f"x{place}", name=f"x{place}", vcpus=1, ram=1, disk=1) for place in range(5)])
    assert Flavor.objects.filter(pk__startswith="x").count() == 5


def test_a_row_that_is_there_is_refused():
    with pytest.raises(IntegrityError):
        kept.add([Flavor(id="1", name="again", vcpus=1, ram=1, disk=1)])
