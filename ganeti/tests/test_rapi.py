"""The client says to Ganeti what it means, and folds what goes wrong into three kinds of failure."""

import pytest

from ganeti.rapi import NotSent, RapiClient, RapiRequest, RapiResponse, ReplyLost
from ganeti.tests import samples
from ganeti.tests.recorded import Recorded, fault
from logic.errors import Gone, Rejected, Transient

START = ("PUT", "/2/instances/snf-7/startup")


def client_of(answers):
    transport = Recorded(answers)
    return RapiClient(transport, timeout=3.0), transport


def test_an_order_carries_its_reason_in_the_query_and_not_in_the_body():
    # In the body Ganeti refuses it: it makes the trail itself.
    client, transport = client_of({START: 42})
    assert client.startup("snf-7", reason="synnefo:c-1") == 42
    assert transport.query() == {"reason": "synnefo:c-1"}
    assert transport.body() == {}


def test_an_order_waits_for_the_end_of_other_jobs_whatever_it_is():
    client, transport = client_of({("DELETE", "/2/instances/snf-7"): 43})
    client.remove("snf-7", reason="r", depends=[40, 41])
    assert transport.body() == {
        "depends": [[40, ["canceled", "error", "success"]], [41, ["canceled", "error", "success"]]]
    }


def test_a_job_id_may_come_as_text():
    client, _ = client_of({START: "42"})
    assert client.startup("snf-7", reason="r") == 42


@pytest.mark.parametrize(
    ("hard", "patience", "kind", "body"),
    [(True, 0, "hard", {"shutdown_timeout": 0}), (True, None, "hard", {}), (False, None, "soft", {})],
)
def test_a_reboot_says_its_kind_and_how_long_it_waits_for_the_guest(hard, patience, kind, body):
    client, transport = client_of({("POST", "/2/instances/snf-7/reboot"): 44})
    client.reboot("snf-7", hard=hard, shutdown_timeout=patience, reason="r")
    assert transport.query()["type"] == kind
    assert transport.body() == body


def test_a_resize_says_the_whole_size_and_never_by_how_much():
    client, transport = client_of(
        {("PUT", "/2/instances/snf-7/modify"): 45, ("POST", "/2/instances/snf-7/disk/0/grow"): 46}
    )
    client.modify_size("snf-7", memory=512, vcpus=2, reason="r")
    assert transport.body() == {"beparams": {"minmem": 512, "maxmem": 512, "vcpus": 2}}
    client.grow_disk("snf-7", 0, size=4096, reason="r", needs=(45,))
    assert transport.body() == {
        "amount": 4096, "absolute": True, "wait_for_sync": False, "depends": [[45, ["success"]]],
    }  # fmt: skip


def test_a_create_says_its_mode_and_version():
    client, transport = client_of({("POST", "/2/instances"): 45})
    client.create_instance({"instance_name": "snf-7"}, reason="r")
    assert transport.body() == {"__version__": 1, "mode": "create", "instance_name": "snf-7"}


def test_a_name_cannot_leave_its_place_in_the_path():
    client, transport = client_of({})
    with pytest.raises(Gone):
        client.instance("../nodes?x=1")
    assert transport.asked[0].path == "/2/instances/..%2Fnodes%3Fx%3D1"


def test_a_job_the_cluster_does_not_know_is_none_although_the_status_is_200():
    client, _ = client_of({("GET", "/2/jobs/99"): samples.rapi_unknown_job()})
    assert client.job(99) is None


def test_a_job_in_bulk_that_makes_no_sense_is_left_out_and_hides_no_other():
    strange = samples.rapi_job(8) | {"opstatus": ["dreaming"]}
    client, _ = client_of({("GET", "/2/jobs?bulk=1"): [samples.rapi_job(7, bulk=True), strange]})
    assert [job.id for job in client.jobs()] == [7]


@pytest.mark.parametrize("failure", [ReplyLost("cut"), fault(500, "in trouble"), RapiResponse(status=200, body=b"{")])
def test_a_query_with_a_filter_is_a_question_though_it_is_sent_by_put(failure):
    client, _ = client_of({("PUT", "/2/query/job"): failure})
    with pytest.raises(Transient) as caught:
        client.jobs_after(7)
    assert not caught.value.unclear


def test_an_instance_tells_its_interfaces_its_owner_and_its_condition():
    client, _ = client_of({("GET", "/2/instances/snf-7"): samples.rapi_instance(status="ERROR_down")})
    found = client.instance("snf-7")
    assert (found.owner, found.condition) == (samples.SERVER, "crashed")
    ours, other = found.nics
    assert (ours.name, ours.ip, ours.network, ours.link) == (f"snf-nic-{samples.PORT}", "192.0.2.9", "office", "br0")
    assert (other.name, other.ip, other.network) == ("", "", "")


def test_cancelling_says_whether_the_job_was_dequeued():
    client, _ = client_of(
        {("DELETE", "/2/jobs/5"): [False, "Job no longer waiting, can't cancel (informed it anyway)"]}
    )
    assert client.cancel_job(5, reason="r") is False


@pytest.mark.parametrize(
    ("answer", "kind", "unclear"),
    [
        (NotSent("refused"), Transient, False),
        (ReplyLost("timed out"), Transient, True),
        (fault(503, "Job queue is full, needs archiving"), Transient, False),
        (fault(500, "Queue drained"), Transient, False),
        (fault(500, "Internal Server Error"), Transient, True),
        (fault(502, "Can't connect to master daemon: x"), Transient, True),
        (fault(504, "Timeout while talking to the master daemon"), Transient, True),
        (fault(429, "slow down"), Transient, False),
        (RapiResponse(status=200, body=b"<html>a proxy</html>"), Transient, True),
        (RapiResponse(status=200, body=b"4"[:0]), Transient, True),
        (RapiResponse(status=200, body=b'"abc"'), Transient, True),
        (
            fault(502, "Failed to parse request: SubmitJob: Can&#x27;t parse value for &quot;disks&quot;"),
            Rejected,
            None,
        ),
        (fault(400, "Invalid body parameters"), Rejected, None),
        (fault(401, "Unauthorized"), Rejected, None),
        (fault(404, "Not Found"), Gone, None),
    ],
)
def test_a_failed_order_is_one_of_three_things(answer, kind, unclear):
    client, _ = client_of({START: answer})
    with pytest.raises(kind) as caught:
        client.startup("snf-7", reason="r")
    assert getattr(caught.value, "unclear", None) is unclear
    assert caught.value.__cause__ is not None


@pytest.mark.parametrize("answer", [ReplyLost("timed out"), fault(500, "x"), RapiResponse(status=200, body=b"?")])
def test_a_failed_question_is_never_unclear(answer):
    client, _ = client_of({("GET", "/2/info"): answer})
    with pytest.raises(Transient) as caught:
        client.info()
    assert not caught.value.unclear


def test_ganetis_sentence_is_given_back_as_it_was_meant():
    client, _ = client_of({START: fault(502, "Failed to parse request: Can&#x27;t parse\n  value")})
    with pytest.raises(Rejected, match="Can't parse value"):
        client.startup("snf-7", reason="r")


def test_an_os_parameter_that_ganeti_quotes_is_struck_out():
    said = "Failed to parse request: Can't parse value {'img_passwd': 'hunter2hunter2'}"
    client, _ = client_of({("POST", "/2/instances"): fault(502, said)})
    with pytest.raises(Rejected) as caught:
        client.create_instance({"osparams_private": {"img_passwd": "hunter2hunter2"}}, reason="r")
    assert "hunter2" not in str(caught.value)
    assert "hunter2" not in str(caught.value.__cause__)


def test_a_request_shows_no_body():
    assert "hunter2" not in repr(RapiRequest(method="POST", path="/2/instances", body=b"hunter2"))
