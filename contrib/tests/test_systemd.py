"""The units start what there is, and keep it in."""

import grp
import os
import pwd
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class
from snf_node.leases import serving as leases
from snf_node.places import places
from snf_node.routers import following as routers
from snf_node.wanted import following as interfaces

from ganeti import eventd
from ganeti.consolelog import serving as consolelog
from logic import supervision
from synnefo import serving

ROOT = Path(__file__).resolve().parents[2]
UNITS = sorted((ROOT / "contrib" / "systemd").glob("*.service"))
LEASES, INTERFACES, LOGS = "synnefo-leases.service", "synnefo-interfaces.service", "synnefo-console-log.service"
ROUTERS = "synnefo-routers.service"
OF_NODES = {LEASES, INTERFACES, LOGS, ROUTERS}  # without our virtual environment and user
OF_THE_CLOUD = [one for one in UNITS if one.name not in OF_NODES]
INSTALLED = "/opt/synnefo"
HARDENED = {
    "NoNewPrivileges": "yes",
    "CapabilityBoundingSet": "",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "SystemCallFilter": "@system-service",
}


def directives(unit):
    """``ExecStart``, ``User``…: the last of each name."""
    lines = [line for line in unit.read_text().splitlines() if line and line[0] not in "#["]
    return dict(line.split("=", 1) for line in lines)


def command(unit):
    """The words of ExecStart, with the unit's variables filled in."""
    line = directives(unit)["ExecStart"]
    return shlex.split(re.sub(r"\$\{(\w+)\}", r"\1", line).replace("%d", "/run/credentials").replace("%i", "1"))


def unit(name):
    return next(one for one in UNITS if one.name == name)


def test_there_is_a_unit_for_each_program():
    assert [one.name for one in UNITS] == [
        "synnefo-api.service",
        LOGS,
        "synnefo-dispatcher@.service",
        "synnefo-eventd.service",
        "synnefo-images.service",
        INTERFACES,
        LEASES,
        ROUTERS,
        "synnefo-vncauthproxy.service",
    ]


@pytest.mark.parametrize("one", OF_THE_CLOUD, ids=lambda one: one.name)
def test_a_unit_starts_what_the_virtual_environment_has(one):
    program = command(one)[0]

    assert program.startswith(f"{INSTALLED}/.venv/bin/")
    assert (Path(sys.executable).parent / Path(program).name).exists()


def test_the_api_understands_its_options_and_is_behind_its_proxy():
    _, flag, module, *options = command(unit("synnefo-api.service"))

    assert (flag, module) == ("-m", serving.__name__)
    given = serving.parser().parse_args(options)
    made = serving.config(given.host, given.port, given.workers)
    assert (made.host, made.workers, made.app) == ("127.0.0.1", 4, "synnefo.asgi:application")
    assert made.proxy_headers is False


@pytest.mark.parametrize("one", UNITS, ids=lambda one: one.name)
def test_a_unit_has_started_when_it_serves_and_is_ended_when_it_hangs(one):
    given = directives(one)

    assert given["Type"] == "notify"
    assert int(given["TimeoutStartSec"]) > supervision.PATIENCE
    assert int(given["WatchdogSec"]) >= 20 * supervision.BEAT


@pytest.mark.parametrize("one", ["synnefo-dispatcher@.service", "synnefo-images.service"])
def test_the_dispatcher_and_the_worker_of_images_are_commands_that_understand_their_options(one):
    _, manage, name, *options = command(unit(one))

    assert (ROOT / Path(manage).relative_to(INSTALLED)).exists()
    parser = load_command_class(get_commands()[name], name).create_parser("manage.py", name)
    assert parser.parse_args(options)


def test_the_vnc_proxy_is_a_command_that_understands_its_options():
    _, manage, name, *options, more = command(unit("synnefo-vncauthproxy.service"))

    assert ((ROOT / Path(manage).relative_to(INSTALLED)).exists(), more) == (True, "$OPTIONS")
    given = load_command_class(get_commands()[name], name).create_parser("manage.py", name).parse_args(options)
    runtime = directives(unit("synnefo-vncauthproxy.service"))["RuntimeDirectory"]
    assert given.socket == f"/run/{runtime}/ctrl.sock"


def test_the_event_daemon_understands_its_options():
    _, flag, module, *options = command(unit("synnefo-eventd.service"))

    assert (flag, module) == ("-m", eventd.__name__)
    given = eventd.parser().parse_args([word.replace("METRICS_PORT", "9110") for word in options])
    assert given.cluster == "CLUSTER"
    assert given.prefix == "PREFIX"
    assert given.amqp_url_file == Path("/run/credentials/amqp-url")
    assert (given.metrics_port, given.metrics_address) == (9110, "METRICS_ADDRESS")


def test_the_event_daemon_shows_nothing_unless_its_environment_says_so():
    lines = unit("synnefo-eventd.service").read_text().splitlines()
    default = lines.index("Environment=METRICS_PORT=0 METRICS_ADDRESS=127.0.0.1")
    assert default < lines.index("EnvironmentFile=/etc/synnefo/eventd.env")


def test_the_workers_of_one_api_count_together():
    given = directives(unit("synnefo-api.service"))
    assert given["Environment"] == f"PROMETHEUS_MULTIPROC_DIR=/run/{given['RuntimeDirectory']}"


def test_the_event_daemon_may_write_where_it_writes():
    given = directives(unit("synnefo-eventd.service"))

    assert given["ReadWritePaths"] == str(eventd.SPOOL_DIR)
    assert f"/var/lib/{given['StateDirectory'].split()[-1]}" == str(eventd.STATE_DIR)
    assert given["ConditionPathIsDirectory"] == str(eventd.QUEUE_DIR)


@pytest.mark.parametrize("one", UNITS, ids=lambda one: one.name)
def test_a_unit_always_comes_back_and_stops_within_a_bound(one):
    given = directives(one)

    assert given["Restart"] == "always"
    assert given["StartLimitIntervalSec"] == "0"
    assert 10 <= int(given["TimeoutStopSec"]) <= 60


def test_the_address_server_of_a_node_understands_its_options_and_is_allowed_a_raw_socket_alone():
    program, *words = command(unit(LEASES))
    assert (ROOT / Path(program).relative_to(INSTALLED)).stat().st_mode & 0o111
    given = leases.parser().parse_args(words)
    assert (given.nameservers, given.domain, str(given.bindings)) == ("NAMESERVERS", "DOMAIN", "/var/lib/nfdhcpd")

    told = directives(unit(LEASES))
    kept_in = HARDENED | {
        "DynamicUser": "yes",
        "CapabilityBoundingSet": "CAP_NET_RAW",
        "AmbientCapabilities": "CAP_NET_RAW",
    }
    assert {name: told.get(name) for name in kept_in} == kept_in
    assert told["ExecStartPre"].endswith(f" {given.bindings}")


def test_the_agent_of_a_node_understands_its_options_and_may_change_its_network_and_its_files_alone():
    told = directives(unit(INTERFACES))
    program, *words = command(unit(INTERFACES))
    assert (ROOT / Path(program).relative_to(INSTALLED)).stat().st_mode & 0o111
    given = interfaces.parser().parse_args([word.replace("=PLAIN", "=no") for word in words])
    assert (given.apis, str(given.key_file), given.ca_file) == ("APIS", "/run/credentials/node-key", "CA_FILE")
    assert told["LoadCredential"] == "node-key:/etc/synnefo/node-key"

    rights = "CAP_NET_ADMIN CAP_DAC_OVERRIDE"
    kept_in = HARDENED | {"User": "root", "CapabilityBoundingSet": rights, "AmbientCapabilities": rights}
    assert {name: told.get(name) for name in kept_in} == kept_in
    where = places({})
    assert told["ReadWritePaths"].split() == [str(where.rules), str(where.taps)]
    assert {*map(Path, told["ReadWritePaths"].split())} <= {*map(Path, told["ExecStartPre"].split())}


def test_the_carrier_of_routers_understands_its_options_and_sees_the_files_of_the_machine():
    told = directives(unit(ROUTERS))
    program, *words = command(unit(ROUTERS))
    assert (ROOT / Path(program).relative_to(INSTALLED)).stat().st_mode & 0o111
    given = routers.parser().parse_args([word.replace("=PLAIN", "=no") for word in words])
    assert (given.apis, str(given.key_file), given.links) == ("APIS", "/etc/synnefo/node-key", "LINKS")
    assert told["User"] == "root"
    assert not {"ProtectSystem", "ProtectHome", "PrivateTmp", "PrivateDevices", "LoadCredential"} & told.keys()


def test_the_server_of_console_logs_understands_its_options_and_may_do_nothing_but_read_and_cut_them():
    program, *words = command(unit(LOGS))
    assert (ROOT / Path(program).relative_to(INSTALLED)).stat().st_mode & 0o111
    given = consolelog.parser().parse_args(words)
    assert (str(given.certificate), str(given.users_file)) == ("/run/credentials/rapi.pem", "/run/credentials/users")
    assert (given.address, given.port) == ("ADDRESS", consolelog.PORT)

    told = directives(unit(LOGS))
    assert {name: told.get(name) for name in HARDENED} == HARDENED
    assert (told["User"], told["ReadWritePaths"]) == ("synnefo-console", str(given.logs))
    lines = unit(LOGS).read_text().splitlines()
    assert lines.index("Environment=ADDRESS=") < lines.index("EnvironmentFile=-/etc/synnefo/console-log.env")


@pytest.mark.parametrize("one", OF_THE_CLOUD, ids=lambda one: one.name)
def test_a_unit_runs_as_nobody_special_and_is_kept_in(one):
    given = directives(one)

    assert given["User"] == "synnefo"
    assert {name: given.get(name) for name in HARDENED} == HARDENED


def test_the_dispatcher_is_given_more_time_than_it_takes_to_drain(settings):
    assert int(directives(unit("synnefo-dispatcher@.service"))["TimeoutStopSec"]) > settings.DRAIN_TIMEOUT


def test_systemd_finds_nothing_wrong(tmp_path):
    for one in UNITS:
        here = (
            one.read_text()
            .replace(f"{INSTALLED}/.venv/bin", str(Path(sys.executable).parent))
            .replace(INSTALLED, str(ROOT))
        )
        (tmp_path / one.name.replace("@.", "@1.")).write_text(here)

    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *sorted(tmp_path.iterdir())],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    ours = [line for line in done.stderr.splitlines() if "synnefo" in line]
    assert (done.returncode, ours) == (0, [])


@pytest.mark.skipif(not shutil.which("logrotate"), reason="needs logrotate")
def test_logrotate_understands_its_file(tmp_path):
    text = (ROOT / "contrib" / "logrotate" / "synnefo").read_text()
    ours = f"{pwd.getpwuid(os.geteuid()).pw_name} {grp.getgrgid(os.getegid()).gr_name}"
    (tmp_path / "synnefo").write_text(text.replace("synnefo synnefo", ours))
    (tmp_path / "synnefo").chmod(0o644)

    done = subprocess.run(
        ["logrotate", "--debug", "--state", tmp_path / "state", tmp_path / "synnefo"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0
    assert "error:" not in done.stderr
