"""Hooks are run after the work and before the job's end, with Ganeti's environment; a failing one does no harm."""

import json
import os
from pathlib import Path

import msgspec
import pytest

from ganeti import hook
from ganeti.simulator.hooks import DirectoryRunner, HookCall, HookResult
from ganeti.simulator.settings import NodeSpec
from ganeti.simulator.tests.lab import SETTINGS, Lab

CALL = HookCall(job=1, path="instance-start", nodes=("node1",), environment={"GANETI_INSTANCE_NAME": "web1"})


@pytest.fixture
def hooked():
    """A cluster with hooks and one running instance."""
    lab = Lab(msgspec.structs.replace(SETTINGS, hooks=True))
    lab.created(tags=["b", "a"])
    return lab


def last(lab):
    return lab.called[-1].environment


@pytest.mark.parametrize(
    ("method", "verb", "body", "path"),
    [
        ("PUT", "/startup", {}, "instance-start"),
        ("PUT", "/shutdown", {}, "instance-stop"),
        ("POST", "/reboot", {}, "instance-reboot"),
        ("PUT", "/modify", {"beparams": {"vcpus": 2}}, "instance-modify"),
        ("DELETE", "", {}, "instance-remove"),
    ],
)
def test_each_order_has_its_hooks(hooked, method, verb, body, path):
    assert hooked.result(hooked.order(method, f"/2/instances/web1{verb}", body))[0] == "success"
    assert [call.path for call in hooked.called] == ["instance-add", path]


def test_creating_and_starting_runs_only_the_hooks_of_adding(hooked):
    assert [call.path for call in hooked.called] == ["instance-add"]


@pytest.mark.parametrize("body", [{"depends": [[1, ["error"]]]}, {}])
def test_what_fails_or_is_not_done_has_no_hooks(hooked, body):
    dry = {} if body else {"dry_run": "1"}
    hooked.result(hooked.order("PUT", "/2/instances/web1/startup", body, **dry))
    assert len(hooked.called) == 1


def test_the_job_runs_until_its_hooks_have_ended(hooked):
    job = hooked.order("PUT", "/2/instances/web1/startup", {})
    while not (calls := hooked.simulator.take_hooks()):
        hooked.now = hooked.simulator.advance() or hooked.now
    hooked.now += 3
    assert hooked.job(job)["status"] == "running"
    hooked.simulator.hooks_done(calls[0].job, [])
    assert hooked.job(job)["status"] == "success"
    assert hooked.job(job)["end_ts"][0] >= hooked.now - 1


def test_a_failing_hook_is_a_warning_in_a_successful_job():
    lab = Lab(
        msgspec.structs.replace(SETTINGS, hooks=True),
        hooks=lambda call: [HookResult(call.nodes[0], f"{call.path}-post.d/50-bad", ok=False, output="no way")],
    )
    lab.created()
    node = lab.ask("GET", "/2/nodes/node1")["uuid"]
    said = lab.job(1)["oplog"][0][-1][3]
    assert said == f" - WARNING: On {node} script instance-add-post.d/50-bad failed, output: no way"


def test_hooks_run_on_the_master_and_on_the_instances_node():
    nodes = (NodeSpec(name="node1", memory=1), NodeSpec(name="node2"))
    lab = Lab(msgspec.structs.replace(SETTINGS, hooks=True, nodes=nodes))
    lab.result(lab.create())
    assert lab.called[0].nodes == ("node1", "node2")


def test_the_environment_tells_the_state_before_and_after(hooked):
    hooked.result(hooked.order("PUT", "/2/instances/web1/shutdown", {"timeout": 5}))
    found = last(hooked)
    assert (found["GANETI_INSTANCE_STATUS"], found["GANETI_POST_INSTANCE_STATUS"]) == ("up", "down")
    assert (found["GANETI_TIMEOUT"], found["GANETI_HOOKS_PATH"], found["GANETI_HOOKS_PHASE"]) == (
        "5", "instance-stop", "post",
    )  # fmt: skip
    assert (found["GANETI_MASTER"], found["GANETI_INSTANCE_PRIMARY"]) == ("node1", "node1")
    assert found["GANETI_INSTANCE_TAGS"] == "a b"


def test_of_a_new_instance_the_status_is_the_start_flag_and_disks_have_no_identity(hooked):
    found = hooked.called[0].environment
    assert found["GANETI_INSTANCE_STATUS"] == "True"
    assert found["GANETI_INSTANCE_DISK0_UUID"] == ""
    assert "GANETI_INSTANCE_DISK0_ID" not in found


def test_of_a_modification_the_interfaces_are_new_in_both_sets_and_backend_parameters_old(hooked):
    hooked.result(
        hooked.order("PUT", "/2/instances/web1/modify", {"nics": [["add", -1, {}]], "beparams": {"vcpus": 3}})
    )
    found = last(hooked)
    assert found["GANETI_INSTANCE_NIC_COUNT"] == found["GANETI_POST_INSTANCE_NIC_COUNT"] == "2"
    assert (found["GANETI_INSTANCE_VCPUS"], found["GANETI_INSTANCE_BE_vcpus"]) == ("3", "1")
    assert found["GANETI_POST_INSTANCE_BE_vcpus"] == "3"


def test_no_environment_tells_job_or_uuid_of_the_instance(hooked):
    instance = hooked.instance()["uuid"]
    hooked.result(hooked.order("DELETE", "/2/instances/web1"))
    for call in hooked.called:
        assert instance not in call.environment.values()
        assert all(isinstance(value, str) for value in call.environment.values())


def test_our_own_hook_understands_it(hooked):
    nics = hook.observed(hooked.called[0].environment, 1)["nics"]
    found = hooked.instance()
    assert [(nic["name"], nic["mac"], nic["ip"], nic["network"]) for nic in nics] == [
        ("eth0", found["nic.macs"][0], found["nic.ips"][0], "net1")
    ]


def script(folder, name, text, *, mode=0o755):
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(mode)
    return path


def test_the_executables_of_the_directory_are_run_in_order_with_a_clean_environment(tmp_path):
    folder, out = tmp_path / "instance-start-post.d", tmp_path / "out"
    for name in ("20-second", "10-first"):
        script(folder, name, f'echo "$(basename $0) $# $(pwd) $GANETI_INSTANCE_NAME ${{HOME-clean}}" >> {out}')
    script(folder, "30-plain", f"echo no >> {out}", mode=0o644)
    script(folder, "40-dot.sh", f"echo no >> {out}")
    results = DirectoryRunner(tmp_path)(CALL)
    assert out.read_text().splitlines() == ["10-first 0 / web1 clean", "20-second 0 / web1 clean"]
    assert [(one.script, one.ok) for one in results] == [
        ("instance-start-post.d/10-first", True),
        ("instance-start-post.d/20-second", True),
    ]


def test_a_hook_that_fails_hangs_or_cannot_start_is_told(tmp_path):
    folder = tmp_path / "instance-start-post.d"
    script(folder, "10-fails", "echo vetoed; exit 3")
    script(folder, "20-hangs", "exec sleep 600")
    (folder / "30-broken").write_text("#!/no/such/interpreter\n")
    (folder / "30-broken").chmod(0o755)
    results = DirectoryRunner(tmp_path, timeout=0.3)(CALL)
    assert [one.ok for one in results] == [False, False, False]
    assert results[0].output == "vetoed"
    assert "0.3 seconds" in results[1].output


def test_where_there_is_no_directory_nothing_is_run(tmp_path):
    assert DirectoryRunner(tmp_path)(CALL) == []


def test_what_is_added_to_the_environment_arrives(tmp_path):
    out = tmp_path / "out"
    script(tmp_path / "instance-start-post.d", "10-one", f'echo "$SPOOL" > {out}')
    DirectoryRunner(tmp_path, extra={"SPOOL": "here"})(CALL)
    assert out.read_text() == "here\n"


def test_our_own_hook_leaves_its_note(tmp_path, hooked):
    spool, folder = tmp_path / "spool", tmp_path / "instance-add-post.d"
    spool.mkdir()
    folder.mkdir()
    (folder / "50-synnefo").symlink_to(Path(hook.__file__).with_name("snf-ganeti-hook"))
    call = hooked.called[0]
    environment = call.environment | {"GANETI_MASTER": os.uname().nodename}
    runner = DirectoryRunner(tmp_path, extra={hook.SPOOL_VARIABLE: str(spool)})
    (result,) = runner(msgspec.structs.replace(call, environment=environment))
    assert result.ok, result.output
    (note,) = spool.iterdir()
    assert json.loads(note.read_text())["instance"] == "web1"
