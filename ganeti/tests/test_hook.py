"""The hook leaves a note that the dispatcher can read, on the master only, and never disturbs an operation."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganeti import hook
from logic.errors import Malformed
from logic.messages import codec

HERE = Path(hook.__file__).parent
NODE = os.uname().nodename
BRIDGED = {
    "NAME": "snf-nic-1", "MAC": "aa:00:02:00:00:01", "IP": "192.0.2.9", "MODE": "bridged", "LINK": "br0", "BRIDGE": "br0",
    "UUID": "u-1", "VLAN": "", "NETWORK_NAME": "office", "NETWORK_UUID": "n-1", "NETWORK_SUBNET": "192.0.2.0/24",
}  # fmt: skip
ROUTED = {"MAC": "aa:00:02:00:00:02", "IP": "198.51.100.5", "MODE": "routed", "LINK": "155", "UUID": "u-2", "VLAN": ""}
PLAIN = {
    "MAC": "aa:00:02:00:00:03",
    "IP": "",
    "MODE": "bridged",
    "LINK": "br1",
    "BRIDGE": "br1",
    "UUID": "u-3",
    "VLAN": "",
}
TAGGED = {"MAC": "aa:00:02:00:00:04", "IP": "", "MODE": "openvswitch", "LINK": "switch1", "UUID": "u-4", "VLAN": ".10"}


def environment(*nics, path="instance-start", phase="post", post=None, instance="snf-7", **more):
    """As Ganeti 3.0 sets it: the old values, and in the post phase the new ones again under another prefix."""
    made = {
        "GANETI_CLUSTER": "cluster.example.org",
        "GANETI_MASTER": NODE,
        "GANETI_HOOKS_PATH": path,
        "GANETI_HOOKS_PHASE": phase,
        "GANETI_INSTANCE_NAME": instance,
        **_nics("GANETI_INSTANCE_", nics),
        **more,
    }
    if post is not None:
        made |= {"GANETI_POST_INSTANCE_NAME": instance, **_nics("GANETI_POST_INSTANCE_", post)}
    return made


def _nics(prefix, nics):
    named = {f"{prefix}NIC{index}_{name}": value for index, nic in enumerate(nics) for name, value in nic.items()}
    return {f"{prefix}NIC_COUNT": str(len(nics)), **named}


def left_in(spool):
    return [json.loads(path.read_text()) for path in sorted(spool.iterdir())]


def seen(given_environment):
    """What the dispatcher reads of it."""
    found = hook.observed(given_environment, 1_795_000_000_123_456_789)
    return found and codec.decode(json.dumps(found).encode())


def test_an_interface_on_a_network_a_routed_a_plain_and_a_tagged_one_are_all_seen():
    nics = seen(environment(BRIDGED, ROUTED, PLAIN, TAGGED)).nics
    assert [(nic.name, nic.mac, nic.ip, nic.network, nic.mode, nic.link, nic.uuid) for nic in nics] == [
        ("snf-nic-1", "aa:00:02:00:00:01", "192.0.2.9", "office", "bridged", "br0", "u-1"),
        ("", "aa:00:02:00:00:02", "198.51.100.5", "", "routed", "155", "u-2"),
        ("", "aa:00:02:00:00:03", "", "", "bridged", "br1", "u-3"),
        ("", "aa:00:02:00:00:04", "", "", "openvswitch", "switch1", "u-4"),
    ]


def test_the_values_after_the_operation_are_preferred():
    found = seen(environment(BRIDGED, path="instance-modify", post=[BRIDGED, PLAIN]))
    assert [nic.uuid for nic in found.nics] == ["u-1", "u-3"]


def test_an_instance_that_lost_its_last_interface_has_none():
    assert seen(environment(BRIDGED, path="instance-modify", post=[])).nics == ()


@pytest.mark.parametrize(
    "changed",
    [
        {"GANETI_HOOKS_PATH": "network-add"},
        {"GANETI_HOOKS_PATH": "config-update"},
        {"GANETI_HOOKS_PATH": ""},
        {"GANETI_HOOKS_PHASE": "pre"},
        {"GANETI_INSTANCE_NAME": ""},
    ],
)
def test_what_it_does_not_know_it_leaves_alone(tmp_path, changed):
    assert hook.main(environment(BRIDGED) | changed | {hook.SPOOL_VARIABLE: str(tmp_path)}) == 0
    assert left_in(tmp_path) == []


@pytest.mark.parametrize("count", ["", "-1", "two", "٢", "1e3", "9" * 5000])
def test_a_count_that_is_no_number_or_too_high_does_no_harm(count):
    found = seen(environment(BRIDGED) | {"GANETI_INSTANCE_NIC_COUNT": count})
    assert found is None or len(found.nics) <= hook.MOST_NICS


@pytest.mark.parametrize(
    ("master", "node", "is_master"),
    [
        ("node1.example.org", "node1.example.org", True),
        ("node1.example.org", "node1", True),
        ("node1", "node1.example.org", True),
        ("node1.example.org", "node2.example.org", False),
        ("node1.example.org", "node1.example.net", False),
        ("node1.example.org", "node11", False),
        ("", "node1", False),
        ("", "", False),
    ],
)
def test_only_the_master_speaks(master, node, is_master):
    assert hook.on_master(master, node) is is_master


def test_another_node_leaves_nothing(tmp_path):
    hook.main(environment(BRIDGED, GANETI_MASTER="elsewhere.example.org") | {hook.SPOOL_VARIABLE: str(tmp_path)})
    assert left_in(tmp_path) == []


def test_each_note_has_a_serial_of_its_own_so_that_none_is_taken_for_another(tmp_path):
    for _ in range(2):
        hook.main(environment(BRIDGED) | {hook.SPOOL_VARIABLE: str(tmp_path)})
    first, second = left_in(tmp_path)
    assert first["serial"] != second["serial"]
    keys = {codec.decode(json.dumps(one).encode()).key() for one in (first, second)}
    assert len(keys) == 2


def test_the_owner_of_the_spool_may_read_what_root_left(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("only root gives files away")
    os.chown(tmp_path, 65534, 65534)
    hook.main(environment(BRIDGED) | {hook.SPOOL_VARIABLE: str(tmp_path)})
    [left] = tmp_path.iterdir()
    assert (left.stat().st_uid, stat.S_IMODE(left.stat().st_mode) & 0o007) == (65534, 0)


def test_a_spool_that_is_missing_is_no_reason_to_fail(tmp_path, capsys):
    assert hook.main(environment(BRIDGED) | {hook.SPOOL_VARIABLE: str(tmp_path / "none")}) == 0
    assert "FileNotFoundError" in capsys.readouterr().err


def test_a_spool_nobody_empties_is_not_filled_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr(hook, "MOST_FILES", 3)
    for _ in range(5):
        assert hook.main(environment(BRIDGED) | {hook.SPOOL_VARIABLE: str(tmp_path)}) == 0
    assert len(left_in(tmp_path)) == 3


VALUES = st.text(st.characters(exclude_characters="\0"), max_size=20) | st.binary(max_size=20).map(os.fsdecode)
NAMES = st.sampled_from(sorted(environment(BRIDGED, post=[BRIDGED])))


@given(st.dictionaries(NAMES, VALUES, max_size=8))
def test_whatever_stands_in_the_environment_a_note_can_be_read_or_there_is_none(strange):
    found = hook.observed({**environment(BRIDGED, post=[BRIDGED]), **strange}, 1)
    if found is not None:
        try:
            codec.decode(json.dumps(found).encode())
        except Malformed as error:
            pytest.fail(str(error))


def run(launcher, variables):
    return subprocess.run([launcher], env=variables, capture_output=True, text=True, timeout=30, check=False, cwd="/")


def test_the_launcher_runs_from_a_symlink_with_the_environment_ganeti_gives(tmp_path):
    spool = tmp_path / "spool"
    spool.mkdir()
    link = tmp_path / "50-synnefo"
    link.symlink_to(HERE / "snf-ganeti-hook")
    ended = run(link, environment(BRIDGED) | {hook.SPOOL_VARIABLE: str(spool), "PATH": "/usr/bin:/bin"})
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    assert [one["instance"] for one in left_in(spool)] == ["snf-7"]


def test_the_launcher_exits_0_even_when_the_hook_itself_is_gone(tmp_path):
    alone = tmp_path / "50-synnefo"
    alone.write_bytes((HERE / "snf-ganeti-hook").read_bytes())
    alone.chmod(0o755)
    ended = run(alone, environment(BRIDGED))
    assert ended.returncode == 0
    assert "snf-ganeti-hook" in ended.stderr


def test_it_needs_nothing_but_the_standard_library():
    code = f"import runpy, sys; runpy.run_path({str(HERE / 'hook.py')!r}); print(sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-IS", "-c", code], capture_output=True, text=True, check=True).stdout
    assert "json" in loaded
    assert not any(name in loaded for name in ("msgspec", "structlog", "logic", "'ganeti", "asyncio", "socket"))
