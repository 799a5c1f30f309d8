"""Resizing a server: what is held of the quota, and what is refused."""

import pytest

from logic.compute import commands
from logic.compute.models import Flavor, Server
from logic.compute.tests.resizing import (
    LARGE,
    MODIFY,
    RESTART,
    end,
    offered,
    part,
    resize,
    resized,
    shown,
    usage_of,
)
from logic.errors import BadRequest, Forbidden, NotFound, QuotaExceeded, Unavailable, WrongState
from logic.image.models import Image
from logic.network.commands import NewNic, plug_port
from logic.placement.models import Backend
from logic.quota.models import Limit
from logic.testing.worlds import (
    ALICE,
    BOB,
    IMAGE,
    NETWORK,
    READER,
    accepted,
    job,
    running,
    take,
    tell,
)

pytestmark = [pytest.mark.django_db, pytest.mark.every_database]


@pytest.fixture(autouse=True)
def world():
    return offered()


def test_no_flavor_is_taken_whose_demand_no_cluster_keeps():
    server = running()
    Flavor.objects.filter(pk=LARGE).update(extra_specs={"hw:cpu_policy": "dedicated"})
    with pytest.raises(BadRequest, match="hw:cpu_policy=dedicated"):
        resize(server)
    Flavor.objects.filter(pk=LARGE).update(extra_specs={"hw:cpu_policy": "shared"})
    resize(server)


class TestQuota:
    def test_what_is_added_is_held_from_the_request_on_and_given_back_at_the_end(self):
        server = running()
        resize(server)
        assert usage_of(ALICE) == (2, 1024)
        commands.delete_server(ALICE, server.pk, force=True)
        taken = take()
        tell(accepted(taken, 30), job(server, "delete", 30, "success", taken.command.id))
        assert usage_of(ALICE) == (0, 0)

    def test_the_larger_of_both_is_held_of_each_until_it_is_confirmed(self):
        server = running()
        resize(server, "3")
        assert usage_of(ALICE) == (4, 512)
        taken = take()
        tell(accepted(taken, 8), part(server, 7, MODIFY), end(server, taken, 8, RESTART))
        assert usage_of(ALICE) == (4, 512)
        commands.confirm_resize(ALICE, server.pk)
        assert usage_of(ALICE) == (4, 256)

    def test_sums_that_have_been_folded_are_right_too(self):
        from logic.quota import commands as quota
        from logic.quota.models import Usage

        server = running()
        quota.fold()
        resize(server)
        quota.fold()
        assert usage_of(ALICE) == (2, 1024)
        commands.delete_server(ALICE, server.pk, force=True)
        taken = take()
        tell(accepted(taken, 30), job(server, "delete", 30, "success", taken.command.id))
        quota.fold()
        assert usage_of(ALICE) == (0, 0)
        assert dict(Usage.objects.values_list("resource", "amount"))["cores"] == 0

    def test_more_than_the_quota_is_refused_and_changes_nothing(self):
        server = running()
        Limit.objects.create(project=ALICE.project, resource="ram", amount=1023)
        with pytest.raises(QuotaExceeded) as refused:
            resize(server)
        assert (refused.value.facts["resource"], refused.value.facts["requested"]) == ("ram", 512)
        assert (Server.objects.get().other_flavor, usage_of(ALICE)) == (None, (1, 512))

    def test_what_gets_smaller_needs_none(self):
        server = running()
        Limit.objects.create(project=ALICE.project, resource="ram", amount=1)
        resize(server, "3")


class TestRefusals:
    @pytest.mark.parametrize("verb", ["stop", "resize"])
    def test_while_something_is_under_way_it_waits(self, verb):
        server = running()
        commands.stop_server(ALICE, server.pk) if verb == "stop" else resize(server)
        with pytest.raises(WrongState):
            resize(server)
        with pytest.raises(WrongState):
            commands.confirm_resize(ALICE, server.pk)

    def test_one_that_waits_to_be_confirmed_may_be_confirmed_reverted_and_deleted_only(self):
        server = resized()
        for ask in (
            lambda: resize(server, "3"),
            lambda: commands.stop_server(ALICE, server.pk),
            lambda: commands.start_server(ALICE, server.pk),
            lambda: commands.reboot_server(ALICE, server.pk, hard=True),
            lambda: commands.rebuild_server(ALICE, server.pk, commands.Rebuilt(image=IMAGE)),
            lambda: plug_port(ALICE, server.pk, NewNic(network=NETWORK)),
        ):
            with pytest.raises(WrongState, match="Confirm or revert its resize first"):
                ask()
        commands.delete_server(ALICE, server.pk)
        assert shown(server)[0] == "VERIFY_RESIZE"

    @pytest.mark.parametrize("ask", [resize, commands.confirm_resize, commands.revert_resize])
    def test_who_may_not_or_cannot_see_it(self, ask):
        server = running()
        for caller, refusal in ((READER, Forbidden), (BOB, NotFound)):
            with pytest.raises(refusal):
                resize(server, caller=caller) if ask is resize else ask(caller, server.pk)

    @pytest.mark.parametrize(
        ("flavor", "columns", "words"),
        [
            ("1", {}, "instances must change flavor"),
            ("9", {}, "could not be found"),
            (LARGE, {"disk": 0}, "cannot shrink"),
            (LARGE, {"extra_specs": {"ganeti:disk_template": "drbd"}}, "of the kind drbd"),
        ],
    )
    def test_a_flavor_that_it_cannot_have(self, flavor, columns, words):
        server = running()
        Flavor.objects.filter(pk=LARGE).update(**columns)
        with pytest.raises(BadRequest, match=words):
            resize(server, flavor)
        assert Server.objects.get().other_flavor is None

    def test_a_disk_that_has_grown_does_not_shrink_by_another_resize(self):
        server = resized()
        commands.confirm_resize(ALICE, server.pk)
        with pytest.raises(BadRequest, match="has 2 GiB"):
            resize(server, "3")

    def test_a_server_without_a_disk_gets_none(self):
        server = running()
        Server.objects.update(disk=0)
        with pytest.raises(BadRequest, match="no disk that could grow"):
            resize(server)

    def test_an_image_that_needs_more_memory(self):
        server = running()
        Image.objects.filter(pk=IMAGE).update(min_ram=300)
        with pytest.raises(BadRequest, match="too small"):
            resize(server, "3")
        Image.objects.all().delete()
        resize(server, "3")

    def test_a_cluster_without_the_room(self):
        server = running()
        Backend.objects.update(memory_total=4096, memory_free=511)
        with pytest.raises(Unavailable, match="no room"):
            resize(server)
        Backend.objects.update(memory_free=512)
        resize(server)
