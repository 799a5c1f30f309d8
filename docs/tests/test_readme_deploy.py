"""What README.deploy says is there and understood. That its servers' blocks work is ``test_readme_servers``."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class
from snf_node import ifup
from snf_node.written import written as written_of_networks

from ganeti import hook
from ganeti.osprovider import settings
from logic.backends import os_parameters
from logic.configuration import checking, load
from synnefo.console import asking, websocket
from synnefo.testing.lab import deploying
from synnefo.testing.readme import ROOT, TEXT, blocks, inline, managed, shell

KINDS = {"sh", "text"}
OTHER_NAMES = {"PREFIX", "METRICS_PORT", "CA_FILE", "APIS"}  # in capitals, yet no setting


def test_each_block_says_what_it_is():
    assert {block.kind for block in blocks()} == KINDS


@pytest.mark.parametrize(
    "block", [block for block in blocks() if block.kind == "sh"], ids=lambda block: block.section[:20]
)
def test_a_shell_understands_each_block(block):
    done = subprocess.run(["bash", "-n"], input=block.text, text=True, capture_output=True, timeout=20, check=False)

    assert (done.returncode, done.stderr) == (0, "")


def test_each_variable_is_set_before_it_is_used():
    used = set(re.findall(r"\$\{?([A-Z][A-Z_]*)", shell()))
    given = set(re.findall(r"\b([A-Z][A-Z_]*)=", shell("1.")))

    assert used <= given
    assert given <= used


@pytest.mark.parametrize("words", managed(), ids=" ".join)
def test_each_operator_command_exists_and_understands_its_options(words):
    name, *options = words
    known = get_commands()
    assert name in known
    command = known[name] if not isinstance(known[name], str) else load_command_class(known[name], name)

    assert command.create_parser("manage.py", name).parse_args(options)


def written(tmp_path, name):
    """The file that a block writes, under ``tmp_path`` instead of ``/``."""
    (block,) = [block for block in blocks() if block.text.startswith(f"cat > {name} <<CONF\n")]
    target = tmp_path / name[1:]
    target.parent.mkdir(parents=True)
    text = (shell("1.") + block.text).replace(f"cat > {name}", f"cat > {target}")
    subprocess.run(["bash", "-c", text], check=True, timeout=20)
    return target


def test_the_settings_written_can_be_loaded(tmp_path):
    site = written(tmp_path, "/etc/synnefo/settings.d/50-site.conf")
    for name in ("database-password", "rabbit-password"):
        (tmp_path / name).write_text("word")
        (tmp_path / name).chmod(0o600)
    site.write_text(site.read_text().replace("/etc/synnefo", str(tmp_path)))

    loaded = load([ROOT / "settings.d", site.parent], {})

    assert loaded.typed.DATABASES["default"].HOST == "db.example.org"
    assert loaded["DATABASE_PASSWORD"] == "word"
    assert loaded["PUBLIC_URL"] == "https://cloud.example.org"
    assert loaded.warnings == ()


def test_the_proxy_sets_every_header_that_is_believed(tmp_path):
    proxy = written(tmp_path, "/etc/nginx/sites-enabled/synnefo").read_text()

    assert "server_name cloud.example.org;" in proxy
    assert dict(re.findall(r"proxy_set_header X-Forwarded-(\w+) (\S+);", proxy)) == {
        "Host": "$host",
        "Proto": "$scheme",
        "For": "$remote_addr",
    }


def test_the_proxy_lets_the_websocket_of_consoles_through_to_where_it_is(tmp_path):
    proxy = written(tmp_path, "/etc/nginx/sites-enabled/synnefo").read_text()
    (place,) = re.findall(rf"location = {re.escape(asking.ADDRESS)} {{(.*?)}}", proxy, re.DOTALL)

    assert "proxy_set_header Upgrade $http_upgrade;" in place
    assert 'proxy_set_header Connection "upgrade";' in place
    for line in re.findall(r"proxy_set_header (?:Host|X-Forwarded-\w+) \S+;", proxy.partition("location = ")[0]):
        assert line in place, "nginx inherits none of them where there is one"
    (seconds,) = re.findall(r"proxy_read_timeout (\d+)s;", place)
    assert float(seconds) > websocket.BEAT


def test_each_setting_named_exists():
    named = {word for word in inline() if re.fullmatch(r"[A-Z]+(_[A-Z]+)*", word)} - OTHER_NAMES

    assert named
    assert {name for name in named if name not in checking.TYPES and not checking.takes_file(name)} == set()


def test_each_file_of_ours_that_is_named_exists():
    named = set(re.findall(r"/opt/synnefo/([\w@./-]+[\w])", TEXT)) | set(re.findall(r"\bfixtures/\w+\.json", TEXT))

    assert {name for name in named if not name.startswith(".venv") and not (ROOT / name).exists()} == set()


def test_each_unit_that_is_started_is_installed_first():
    started = set(re.findall(r"enable --now (.+)", shell()))
    units = {re.sub(r"@\d", "@", unit) for line in started for unit in line.split()}

    assert units == {
        "synnefo-api", "synnefo-console-log", "synnefo-dispatcher@", "synnefo-eventd", "synnefo-images", "synnefo-interfaces",
        "synnefo-leases", "synnefo-routers", "synnefo-vncauthproxy",
    }  # fmt: skip
    for unit in units:
        assert shell().index(f"contrib/systemd/{unit}.service") < shell().index(f"enable --now {unit}")


def test_the_hook_is_put_where_it_knows_the_operation():
    (verbs,) = re.findall(r"^for operation in (.+); do$", shell("8."), re.MULTILINE)

    assert {f"instance-{verb}" for verb in verbs.split()} <= hook.PATHS
    assert (ROOT / "ganeti" / "snf-ganeti-hook").stat().st_mode & 0o111


def test_the_os_definition_is_put_where_ganeti_looks_and_its_settings_are_understood(tmp_path):
    """Debian's Ganeti looks for definitions in /srv/ganeti/os and in /usr/local/lib, /usr/lib and /usr/share/ganeti/os."""
    ((ours, there),) = re.findall(r"^ln -sfn /opt/synnefo/(contrib/ganeti-os/\S+) (\S+)$", shell("9."), re.MULTILINE)
    (line,) = [line for line in shell("9.").splitlines() if line.endswith("> /etc/default/synnefo-image")]
    assert there == f"/usr/local/lib/ganeti/os/{Path(ours).name}"
    assert (ROOT / ours / "ganeti_api_version").is_file()

    told = line.replace("/etc/default/synnefo-image", str(tmp_path / "settings"))
    subprocess.run(["bash", "-c", shell("1.") + told], check=True, timeout=20)

    images = ("/srv/synnefo/images", "https://cloud.example.org/images")
    assert settings.read(tmp_path / "settings").sources == images
    assert "alias /srv/synnefo/images/;" in shell("7.")
    (provider,) = re.findall(r'^GANETI_OS_PROVIDER = "(.+)"$', TEXT, re.MULTILINE)
    assert os_parameters.provider_of(provider).config_disk


def test_the_os_definition_is_told_of_the_apis_where_the_lab_looks_for_it(tmp_path):
    line = deploying.block(deploying.UPLOADS, "/etc/default/synnefo-image")
    told = line.replace("/etc/default/synnefo-image", str(tmp_path / "settings"))
    subprocess.run(["bash", "-c", shell("1.") + told], check=True, timeout=20)
    assert settings.read(tmp_path / "settings").apis == ("https://cloud.example.org",)


def test_the_event_daemons_unit_finds_what_is_written_for_it():
    unit = (ROOT / "contrib" / "systemd" / "synnefo-eventd.service").read_text()
    (line,) = [line for line in shell("8.").splitlines() if line.endswith("> /etc/synnefo/eventd.env")]

    (defaults,) = re.findall(r"^Environment=(.+)$", unit, re.MULTILINE)
    given = set(re.findall(r"([A-Z]+)=", line)) | set(re.findall(r"([A-Z_]+)=", defaults))
    assert set(re.findall(r"\$\{(\w+)\}", unit)) == given
    assert "EnvironmentFile=/etc/synnefo/eventd.env" in unit
    assert "LoadCredential=amqp-url:/etc/synnefo/amqp-url" in unit
    assert "> /etc/synnefo/amqp-url)" in shell("8.")


def test_the_ifup_is_put_where_ganeti_looks_and_can_be_run():
    (line,) = [line for line in shell("9.").splitlines() if line.startswith("ln ") and "kvm-vif-bridge" in line]
    *_, source, target = line.split()

    assert target == "/etc/ganeti/kvm-vif-bridge"
    assert shell("9.").count(f"/usr/bin/env ACTION=refresh {target}\n") == 2
    assert "refresh" in ifup.ACTIONS
    assert (ROOT / source.removeprefix("/opt/synnefo/")).stat().st_mode & 0o111


def test_the_networks_written_on_a_node_are_those_of_the_fixtures(tmp_path):
    (line,) = [line for line in shell("9.").splitlines() if line.endswith("> /etc/synnefo/node-networks")]
    subprocess.run(["bash", "-c", line.replace("/etc/synnefo", str(tmp_path))], check=True, timeout=20)
    rows = json.loads((ROOT / "fixtures" / "networks.json").read_text())
    (subnet,) = [row["fields"] for row in rows if row["model"] == "network.subnet"]

    (told,) = written_of_networks(tmp_path / "node-networks")

    assert (str(told.subnet), str(told.gateway)) == (subnet["cidr"], subnet["gateway"])
