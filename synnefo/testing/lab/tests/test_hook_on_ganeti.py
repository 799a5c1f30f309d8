"""Rules of the hook under a real Ganeti: a note of each job, and nothing that the job would notice."""

import json

import pytest

from ganeti import hook
from synnefo.testing.lab import recording

pytestmark = [pytest.mark.ganeti, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def life(ganeti):
    """Of an instance with interfaces of every kind: environments by hook, and the notes that each job has left."""
    node = ganeti.master
    spool, notes = node.root / "spool" / "synnefo" / "ganeti", {}
    known = set(spool.iterdir())

    def step(path):
        left = sorted(set(spool.iterdir()) - known)
        known.update(left)
        notes[path] = [json.loads(one.read_text()) for one in left]

    environments = recording.recorded(ganeti, step)
    return environments, notes


@pytest.mark.parametrize("path", recording.LIFE)
def test_the_environments_are_still_those_that_were_recorded(life, path):
    environments, _ = life
    assert environments[path] == (recording.FOLDER / f"{path}.env").read_text()


@pytest.mark.parametrize("path", recording.LIFE)
def test_each_job_has_left_one_note_of_what_its_environment_told(life, path):
    environments, notes = life
    (note,) = notes[path]
    told = hook.observed(dict(line.split("=", 1) for line in environments[path].splitlines()), 1)
    volatile = ("mac", "uuid")  # scrubbed in the recording
    for nic in [*note["nics"], *told["nics"]]:
        assert all(nic.pop(name) for name in volatile)
    assert {**note, "at": 0, "serial": ""} == {**told, "at": 0, "serial": ""}


@pytest.mark.parametrize("spool", ["missing", "no directory"])
def test_a_job_does_not_notice_that_its_note_cannot_be_left(ganeti, spool):
    node, name = ganeti.master, "snf-8001"
    # Given a spool that nothing can be put in
    node.run("mv", "/var/spool/synnefo", "/var/spool/aside")
    if spool == "no directory":
        node.run("sh", "-c", "mkdir -p /var/spool/synnefo && touch /var/spool/synnefo/ganeti")
    try:
        # When an instance is made
        told = node.run(
            "gnt-instance", "add", "-t", "diskless", "-o", "noop", "-H", "fake", "--no-name-check", "--no-ip-check",
            "-n", node.name, name,
        )  # fmt: skip
        # Then it has succeeded, and nobody complains
        assert "WARNING" not in told
        assert node.run("gnt-instance", "list", "--no-headers", "-o", "status", name).strip() == "running"
    finally:
        node.run("rm", "-rf", "/var/spool/synnefo")
        node.run("mv", "/var/spool/aside", "/var/spool/synnefo")
        node.run("gnt-instance", "remove", "--force", name)
