"""An export that the cloud has asked for: the disk goes to the API, and Ganeti keeps a line; any other is as ever."""

import hashlib
import os

import pytest

from ganeti.osprovider import sending, settings
from ganeti.osprovider.orders import MIB
from ganeti.osprovider.packing import Packed
from ganeti.osprovider.troubles import Trouble

KEY = "k" * 43
ASKED, PUT = "/exports/snf-7", "/nodes/v1/exports/snf-7/0"
WANTED, DONE, NOT_OURS = b'{"ours": true, "disk": 0}', b'{"ours": true, "disk": null}', b'{"ours": false, "disk": null}'


@pytest.fixture
def api(serving, machine):
    server = serving(**{ASKED: WANTED})
    server.key = KEY
    _apis(machine, server)
    machine.disk.write_bytes(os.urandom(MIB) + bytes(3 * MIB))
    return server


def _apis(machine, *servers):
    (machine.folder / "key").write_text(KEY + "\n")
    apis = ",".join(server.url.removesuffix("/images") for server in servers)
    machine.settings(APIS=apis, KEY_FILE=machine.folder / "key", PLAIN="yes")


def exported(machine, index=0, path=None, **more):
    given = {"EXPORT_DEVICE": str(path or machine.disk), "EXPORT_INDEX": str(index)}
    return machine.run("export", environment=machine.environment() | given | more)


def test_the_disk_that_is_wanted_goes_to_the_api_packed_and_with_its_sum(machine, api):
    code, log = exported(machine)
    packed = b"".join(Packed(machine.disk).pieces())
    assert (code, log) == (0, f"synnefo-image: the cloud has this disk, {len(packed)} bytes of qcow2\n")
    assert api.put == {PUT: packed + hashlib.sha512(packed).digest()}
    assert set(api.shown) == {f"Bearer {KEY}"}


def test_the_other_disks_of_the_instance_go_nowhere(machine, api):
    assert exported(machine, 1, machine.config) == (0, "synnefo-image: the cloud has not asked for this disk\n")
    assert api.put == {}


@pytest.mark.parametrize("format", ["raw", "qcow2"])
def test_a_volumes_disk_is_known_by_its_name_and_goes_in_the_format_that_is_wanted(machine, api, format):
    api.files[ASKED] = b'{"ours": true, "disk": null, "name": "snf-volume-1", "format": "%s"}' % format.encode()
    others = {"DISK_0_NAME": "snf-volume-2", "DISK_1_NAME": "snf-volume-1"}
    assert exported(machine, 0, **others) == (0, "synnefo-image: the cloud has not asked for this disk\n")
    assert exported(machine, 2, **others) == (0, "synnefo-image: the cloud has not asked for this disk\n")
    code, log = exported(machine, 1, **others)
    whole = b"".join(sending.told_as(format, machine.disk).pieces())
    assert (code, log) == (0, f"synnefo-image: the cloud has this disk, {len(whole)} bytes of {format}\n")
    assert api.put == {"/nodes/v1/exports/snf-7/snf-volume-1": whole + hashlib.sha512(whole).digest()}
    assert (whole == machine.disk.read_bytes()) == (format == "raw")


def test_what_nobody_wants_any_more_goes_nowhere_and_is_no_failure(machine, api):
    api.files[ASKED] = DONE
    assert exported(machine) == (0, "synnefo-image: the cloud has not asked for this disk\n")


def test_an_operators_own_export_is_the_disk_itself(machine, api):
    api.files[ASKED] = NOT_OURS
    code, log = exported(machine)
    assert (code, log.encode("latin-1")) == (0, machine.disk.read_bytes())
    assert api.put == {}


def test_an_api_that_takes_nothing_now_is_tried_again(machine, api, monkeypatch):
    monkeypatch.setattr(sending, "PAUSE", 0.0)
    api.refusals = [503, 409]
    first = sending.Asked(ours=True, disk=0)
    assert sending.send("snf-7", first, machine.disk, settings.read(machine.folder / "settings"))
    assert PUT in api.put


def test_an_api_that_refuses_it_for_good_is_believed(machine, api):
    api.refusals = [413]
    code, log = exported(machine)
    assert (code, log.count("\n"), "413" in log) == (1, 1, True)
    assert api.put == {}


def test_while_no_api_answers_nothing_is_exported_at_all(machine, api, monkeypatch):
    api.files.clear()
    monkeypatch.setattr(sending, "PAUSE", 0.0)

    with pytest.raises(Trouble, match=r"no API answers for this disk: .*404"):
        sending.asked("snf-7", settings.read(machine.folder / "settings"))
    api.files[ASKED] = b"<html>"
    with pytest.raises(Trouble, match="cannot be read"):
        sending.asked("snf-7", settings.read(machine.folder / "settings"))
