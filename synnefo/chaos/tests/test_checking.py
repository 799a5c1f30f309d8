"""The checker can fail: an end that is right has no finding, and each way of being wrong has its word."""

import msgspec
import pytest

from ganeti.jobfile import Job, Op
from logic import clock
from logic.compute import commands
from logic.compute.models import Server
from logic.ledger.models import Command, Inbox, Journal, Lease, Parked, Quarantine
from logic.network.models import Port
from logic.testing.worlds import ALICE, INCARNATION, OPCODE, furnish, running, tell
from logic.testing.worlds import job as told
from synnefo.chaos import checking
from synnefo.chaos.checking import Case
from synnefo.chaos.history import History
from synnefo.chaos.truth import Seen

pytestmark = pytest.mark.django_db
CREATED = 1


def job(number, verb, server, status="success", command=""):
    op = Op(opcode=OPCODE[verb], status=status, instance=server.instance, command=command)
    return Job(id=number, ops=(op,))


class End:
    """The end of a run with one running server, as history, clusters and database have it: all three agree."""

    def __init__(self):
        furnish()
        self.server = running(ALICE, CREATED)
        self.command = Command.objects.get(verb="create")
        self.history = History()
        self.asked("create", self.command.request)
        self.jobs = [job(CREATED, "create", self.server, command=self.command.pk)]
        names = {f"snf-nic-{port.pk}" for port in Port.objects.all()}
        self.queues = {}
        self.instances = {self.server.instance: (self.server.pk, "running", frozenset(names))}

    def asked(self, verb, request, status=202):
        self.history.note("asked", verb=verb, server=self.server.pk, status=status, request=request)

    def verdict(self):
        """Word → sentences, those words only that have any."""
        seen = Seen()
        seen.take("c1", INCARNATION, [], self.jobs)
        seen.instances = self.instances
        found = checking.verdict(Case(self.history, seen, self.queues))
        assert list(found) == list(checking.WORDS)
        return {word: sentences for word, sentences in found.items() if sentences}


@pytest.fixture
def end():
    return End()


def test_an_end_that_is_right_has_no_finding(end):
    assert end.verdict() == {}


class TestLost:
    def test_an_accepted_request_that_left_nothing_in_the_database(self, end):
        end.asked("stop", "req-gone")
        assert end.verdict() == {"lost": ["stop was accepted as req-gone, and nothing of it is there"]}

    def test_a_delete_that_left_nothing_although_nobody_deletes(self, end):
        end.asked("delete", "req-gone", 204)
        assert end.verdict() == {"lost": ["delete was accepted as req-gone, and nothing of it is there"]}

    def test_a_delete_of_what_is_being_deleted_may_leave_nothing(self, end):
        commands.delete_server(msgspec.structs.replace(ALICE, request="req-unanswered"), end.server.pk)
        end.asked("delete", "req-again", 204)
        assert "lost" not in end.verdict()

    @pytest.mark.parametrize("status", [0, 409, 503])
    def test_a_request_that_was_not_accepted_may_leave_nothing(self, end, status):
        end.asked("stop", "req-refused", status)
        assert end.verdict() == {}

    def test_the_end_of_a_job_that_was_never_applied(self, end):
        end.jobs.append(job(2, "reboot", end.server))
        assert [*end.verdict()] == ["lost"]

    def test_an_end_that_somebody_forgot(self, end):
        Inbox.objects.all().delete()
        (sentence,) = end.verdict()["lost"]
        assert end.server.instance in sentence

    def test_a_command_that_is_said_to_be_done_without_a_job(self, end):
        end.jobs.clear()
        (sentence,) = end.verdict()["lost"]
        assert sentence == f"create {end.command.pk} is said to be done, and no job did it"

    def test_poison_that_is_not_in_the_quarantine(self, end):
        end.history.note("poison", body=b"rubbish".hex())
        assert end.verdict() == {}
        end.history.note("confirmed", body=b"rubbish".hex())
        assert [*end.verdict()] == ["lost"]
        Quarantine.objects.create(body=b"rubbish", reason="not an observation")
        assert end.verdict() == {}


class TestWrong:
    def test_a_server_that_is_something_else_on_its_cluster(self, end):
        owner, _, nics = end.instances[end.server.instance]
        end.instances[end.server.instance] = (owner, "stopped", nics)
        assert [*end.verdict()] == ["wrong"]

    def test_an_interface_that_is_missing_on_the_cluster(self, end):
        owner, status, _ = end.instances[end.server.instance]
        end.instances[end.server.instance] = (owner, status, frozenset())
        assert [*end.verdict()] == ["wrong"]

    def test_a_server_that_is_not_there(self, end):
        end.instances.clear()
        assert [*end.verdict()] == ["wrong"]

    def test_an_instance_that_nobody_has(self, end):
        end.instances["snf-99"] = ("no-such-server", "running", frozenset())
        (sentence,) = end.verdict()["wrong"]
        assert "snf-99" in sentence

    def test_columns_that_the_journal_does_not_give(self, end):
        Server.objects.filter(pk=end.server.pk).update(fence_job=77)
        (sentence,) = end.verdict()["wrong"]
        assert "the journal gives another fence_job" in sentence

    def test_a_change_without_a_cause(self, end):
        Journal.objects.exclude(changes={}).update(actor="")
        assert [*end.verdict()] == ["wrong"]

    def test_usage_that_is_not_the_sum(self, end):
        Server.objects.filter(pk=end.server.pk).update(vcpus=5)
        (sentence,) = end.verdict()["wrong"]
        assert "uses 5 cores" in sentence

    def test_a_good_message_in_the_quarantine(self, end):
        Quarantine.objects.create(body=b"good", reason="a mistake of ours")
        assert end.verdict() == {"wrong": ["a good message is in the quarantine: a mistake of ours"]}

    def test_an_error_that_no_fault_explains_or_an_exception_that_was_forgotten(self, end):
        told = {"program": "dispatcher0", "event": "command.failed", "line": "", "fault": ""}
        end.history.note("error", excused=True, **told | {"fault": "kill-broker"})
        assert end.verdict() == {}
        end.history.note("error", excused=False, **told)
        assert end.verdict() == {"wrong": ["dispatcher0 logged 'command.failed' (before any fault)"]}

    def test_a_request_answered_with_a_fault_of_our_own(self, end):
        end.asked("stop", "req-9", 500)
        assert end.verdict() == {"wrong": ["stop req-9 was answered with 500"]}


class TestDuplicated:
    def test_a_build_that_was_done_twice(self, end):
        again = job(2, "create", end.server, command=end.command.pk)
        tell(told(end.server, "create", 2, "success", end.command.pk))
        end.jobs.append(again)
        assert end.verdict() == {"duplicated": [f"command {end.command.pk} had 2 effective jobs"]}

    @pytest.mark.parametrize(("remover", "counted"), [("", False), ("a-command-of-ours", True)])
    def test_one_made_anew_after_its_removal_counts_unless_somebody_else_removed_it(self, end, remover, counted):
        end.jobs += [
            job(2, "delete", end.server, command=remover),
            job(3, "create", end.server, command=end.command.pk),
        ]
        assert ("duplicated" in end.verdict()) is counted

    def test_a_request_with_two_commands(self, end):
        row = Command.objects.get()
        row.pk, row.verb, row.outcome = "another", "delete", "superseded"
        row.save(force_insert=True)
        assert end.verdict() == {"duplicated": ["create req-1 has 2 commands"]}


class TestStuck:
    def test_a_command_that_never_ends(self, end):
        stop = commands.stop_server(msgspec.structs.replace(ALICE, request="req-9"), end.server.pk)
        assert stop is None
        (sentence,) = end.verdict()["stuck"]
        assert sentence.startswith("command stop ")

    def test_a_job_that_never_ends(self, end):
        end.jobs.append(job(2, "reboot", end.server, status="running"))
        assert end.verdict() == {"stuck": ["job 2 of c1 is running"]}

    def test_a_message_that_stays_parked(self, end):
        Parked.objects.create(body=b"{}", cluster="c1", reason="too early", due_at=clock.now())
        assert end.verdict() == {"stuck": ["a message is still parked: too early"]}

    def test_a_message_that_stays_in_its_queue(self, end):
        end.queues = {"snf.events.v1.alpha": 3, "snf.dead.v1": 0}
        assert end.verdict() == {"stuck": ["3 messages are left in the queue snf.events.v1.alpha"]}

    def test_a_lease_of_somebody_who_is_gone(self, end):
        long_ago = clock.now() - checking.invariants.LONG_AGO * 2
        Lease.objects.create(name="reconcile", holder="dead", until=long_ago)
        assert [*end.verdict()] == ["stuck"]


def test_what_may_still_come_right_is_told_apart_from_what_has_happened(end):
    end.asked("stop", "req-gone")
    end.jobs.append(job(2, "reboot", end.server))
    seen = Seen()
    seen.take("c1", INCARNATION, [], end.jobs)
    seen.instances = end.instances
    left = checking.pending(Case(end.history, seen))
    assert [word for word, sentences in left.items() if sentences] == ["lost"]
    assert all("never applied" in sentence for sentence in left["lost"])
