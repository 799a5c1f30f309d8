"""Job files become observations; whatever is no job file is Malformed, and nothing else happens."""

import contextlib
import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganeti import jobfile
from ganeti.jobfile import RapiJob
from ganeti.tests import samples
from logic.errors import Malformed
from logic.messages import codec


def told(*ops, number=7):
    return jobfile.observations(jobfile.parse(samples.job_bytes(number, *ops)), "alpha", "inc-1")


def test_a_finished_start_tells_all_that_is_known():
    [seen] = told(samples.op())
    assert (seen.cluster, seen.incarnation, seen.job, seen.op) == ("alpha", "inc-1", 7, 0)
    assert (seen.opcode, seen.status, seen.instance) == ("OP_INSTANCE_STARTUP", "success", "snf-7")
    assert (seen.instance_uuid, seen.command, seen.origin) == (samples.INSTANCE_UUID, samples.COMMAND, "gnt:user")
    assert seen.at == samples.T0 + 2.5


@pytest.mark.parametrize("status", ["queued", "waiting", "running", "error", "canceled", "success"])
@pytest.mark.parametrize("opcode", ["OP_INSTANCE_GROW_DISK", "OP_INSTANCE_SET_PARAMS"])
def test_what_only_prepares_a_commands_job_tells_nothing_but_that_a_disk_has_grown(opcode, status):
    reason = [["gnt:user", f"synnefo-part:{samples.COMMAND}", 1]]
    seen = told(samples.op(opcode, status, command="", reason=reason))
    grown = [("", "snf-7")] if (opcode, status) == ("OP_INSTANCE_GROW_DISK", "success") else []
    assert [(one.command, one.instance) for one in seen] == grown


@pytest.mark.parametrize(
    ("status", "at"), [("queued", 0.0), ("waiting", 0.25), ("running", 1.0), ("error", 2.5), ("canceled", 2.5)]
)
def test_the_time_is_that_of_the_status(status, at):
    [seen] = told(samples.op(status=status))
    assert seen.at == samples.T0 + at


def test_the_newest_log_message_is_told_with_its_serial():
    log = [
        [1, [samples.T0, 0], "message", "* creating instance disks...\n"],
        [2, [samples.T0, 1], "message", "* starting"],
    ]
    [seen] = told(samples.op("OP_INSTANCE_CREATE", "running", log=log))
    assert (seen.log_serial, seen.message) == (2, "* starting")


def test_a_log_entry_for_machines_has_no_message():
    [seen] = told(samples.op(status="running", log=[[4, [samples.T0, 0], "remote-import", {"x": 1}]]))
    assert (seen.log_serial, seen.message) == (4, "")


def test_a_create_says_whether_it_starts_the_instance():
    assert told(samples.op("OP_INSTANCE_CREATE", start=False))[0].start is False
    assert told(samples.op("OP_INSTANCE_CREATE", start=True))[0].start is True


def test_a_dry_run_is_marked():
    assert told(samples.op(dry_run=True))[0].dry_run
    assert not told(samples.op(dry_run=None))[0].dry_run


def test_a_job_of_two_operations_tells_two():
    seen = told(samples.op("OP_INSTANCE_SHUTDOWN"), samples.op("OP_INSTANCE_REINSTALL", "running"))
    assert [(one.op, one.opcode, one.status) for one in seen] == [
        (0, "OP_INSTANCE_SHUTDOWN", "success"),
        (1, "OP_INSTANCE_REINSTALL", "running"),
    ]


def test_an_operation_without_an_instance_is_told_only_when_it_is_a_command_of_ours():
    foreign = samples.op("OP_NETWORK_ADD", instance=None, command="")
    assert told(foreign, samples.op()) == told(samples.op("OP_X", instance=None, command=""), samples.op())
    assert [one.op for one in told(foreign, samples.op())] == [1]
    (ours,) = told(samples.op("OP_NETWORK_CONNECT", instance=None))
    assert (ours.opcode, ours.command, ours.instance) == ("OP_NETWORK_CONNECT", samples.COMMAND, "")


@pytest.mark.parametrize(
    ("result", "error", "code"),
    [
        (
            ["OpPrereqError", ["Instance 'snf-9' not known", "unknown_entity"]],
            "Instance 'snf-9' not known",
            "unknown_entity",
        ),
        (["OpExecError", ["Could not start instance"]], "Could not start instance", "OpExecError"),
        (
            [
                "OpPrereqError",
                [
                    "Allocation to {'name': 'default', 'std': {}} (default) violates policy: 9 is too much",
                    "wrong_input",
                ],
            ],
            "Allocation to (default) violates policy: 9 is too much",
            "wrong_input",
        ),
        (
            ["HooksAbort", [[["u-1", "instance-start-pre.d/50-veto", "not today"]]]],
            "instance-start-pre.d/50-veto: not today",
            "HooksAbort",
        ),
        (["JobLost", []], "JobLost", "JobLost"),
        ("boom", "boom", ""),
        (None, "the operation failed without a reason", ""),
        ([[], {}], "the operation failed without a reason", ""),
    ],
)
def test_an_error_has_its_text_and_its_code(result, error, code):
    [seen] = told(samples.op(status="error", result=result))
    assert (seen.error, seen.error_code) == (error, code)


def test_a_result_is_no_error_unless_the_operation_failed():
    assert told(samples.op(result=["OpPrereqError", ["a node of this name", "x"]]))[0].error == ""


@pytest.mark.parametrize(
    ("statuses", "whole"),
    [
        (["queued", "queued"], "queued"),
        (["waiting", "queued"], "waiting"),
        (["success", "running"], "running"),
        (["success", "queued"], "queued"),
        (["success", "success"], "success"),
        (["error", "error"], "error"),
        (["success", "canceled"], "canceled"),
        (["canceling", "canceling"], "canceling"),
    ],
)
def test_the_status_of_a_job_is_derived_from_its_operations(statuses, whole):
    assert jobfile.parse(samples.job_bytes(7, *(samples.op(status=one) for one in statuses))).status == whole


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'{"id": 7}',
        b'{"id": 7, "ops": []}',
        b'{"id": 7, "ops": {}}',
        b'{"id": "7", "ops": [{"input": {}, "status": "success"}]}',
        b'{"id": -7, "ops": [{"input": {}, "status": "success"}]}',
        b'{"id": 7, "ops": [{"input": {}, "status": "finished"}]}',
        b'{"id": 7, "ops": [{"input": {}, "status": "lost"}]}',
        b'{"id": 7, "ops": [{"input": [], "status": "success"}]}',
        b'{"id": 7, "ops": [{"input": {}, "status": "success", "log": [["x"]]}]}',
        b'{"id": 7, "ops": [{"input": {}, "status": "success", "end_timestamp": ["a", "b"]}]}',
        b'{"id": 7, "ops": [{"input": {"a": "\xff"}, "status": "success"}]}',
        b'{"id": 7, "ops": [{"input": {"a": "\\ud800"}, "status": "success"}]}',
        b"[" * 100_000,
        b"7" * 1000,
    ],
)
def test_what_is_no_job_file_is_malformed(raw):
    with pytest.raises(Malformed):
        jobfile.parse(raw)


def test_a_file_over_the_limit_is_malformed():
    with pytest.raises(Malformed, match="over the limit"):
        jobfile.parse(b" " * (jobfile.MAX_BYTES + 1))


@given(st.binary(max_size=300))
def test_no_bytes_make_it_raise_anything_else(raw):
    with contextlib.suppress(Malformed):
        jobfile.parse(raw)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@given(st.sampled_from(["instance_name", "reason", "OP_ID", "dry_run", "start", "instance_uuid"]), JSON, JSON, JSON)
def test_whatever_stands_in_an_operation_it_is_told_or_malformed(field, value, result, log):
    strange = samples.op(status="error", result=result)
    strange["input"][field] = value
    strange["log"] = log
    try:
        job = jobfile.parse(json.dumps(samples.job(7, strange)).encode("utf-8", "surrogatepass"))
    except Malformed:
        return
    for seen in jobfile.observations(job, "alpha", "inc"):
        assert codec.decode(codec.encode(seen)) == seen


def test_rapi_tells_the_same_as_the_file():
    given_op = samples.op(
        status="error", result=["OpPrereqError", ["no", "wrong_state"]], log=[[3, [samples.T0, 0], "message", "x"]]
    )
    from_file = jobfile.parse(samples.job_bytes(7, given_op))
    from_rapi = jobfile.from_rapi(msgspec.convert(samples.rapi_job(7, given_op), RapiJob))
    assert from_rapi is not None
    same = {"status", "error", "error_code", "log_serial", "message", "instance", "command", "origin"}
    assert {name: getattr(from_rapi.ops[0], name) for name in same} == {
        name: getattr(from_file.ops[0], name) for name in same
    }


def test_a_job_rapi_does_not_know_is_none():
    assert jobfile.from_rapi(msgspec.convert(samples.rapi_unknown_job(), RapiJob)) is None


def test_a_bulk_answer_without_results_is_a_job_too():
    job = jobfile.from_rapi(msgspec.convert(samples.rapi_job(7, samples.op(status="error"), bulk=True), RapiJob))
    assert job is not None
    assert (job.status, job.commands) == ("error", {samples.COMMAND})


def test_lists_of_different_lengths_are_malformed():
    strange = samples.rapi_job(7) | {"opstatus": []}
    with pytest.raises(Malformed, match="operations"):
        jobfile.from_rapi(msgspec.convert(strange, RapiJob))
