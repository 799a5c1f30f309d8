"""What README.deploy says is there and understood. That its servers' blocks work is ``test_readme_servers``."""

import re
import subprocess

import pytest
from django.core.management import get_commands, load_command_class

from docs.tests.readme import ROOT, TEXT, blocks, inline, managed, shell
from ganeti import hook
from logic.configuration import checking, load

KINDS = {"sh", "settings", "nginx", "text"}
OTHER_NAMES = {"PREFIX"}  # in capitals, yet no setting
COMING = {"dispatcher"}  # shrinks as commands arrive


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
    assert given <= used | {"API_HOST", "DB_HOST"}  # stand for names in the files that are not run


@pytest.mark.parametrize("words", managed(), ids=" ".join)
def test_each_operator_command_exists_and_understands_its_options(words):
    name, *options = words
    if name in COMING and name not in get_commands():
        pytest.skip(f"{name} is not there yet")
    known = get_commands()
    assert name in known
    command = known[name] if not isinstance(known[name], str) else load_command_class(known[name], name)

    assert command.create_parser("manage.py", name).parse_args(options)


def test_the_settings_shown_can_be_loaded(tmp_path):
    (block,) = [block for block in blocks() if block.kind == "settings"]
    place = block.text.splitlines()[0].removeprefix("# ")
    assert place == "/etc/synnefo/settings.d/50-site.conf"
    for name in ("database-password", "rabbit-password"):
        (tmp_path / name).write_text("word")
        (tmp_path / name).chmod(0o600)
    (tmp_path / "50-site.conf").write_text(block.text.replace("/etc/synnefo/", f"{tmp_path}/"))

    settings = load([ROOT / "settings.d", tmp_path], {})

    assert settings["DATABASE_PASSWORD"] == "word"
    assert settings.warnings == ()


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

    assert units == {"synnefo-api", "synnefo-dispatcher@", "synnefo-eventd"}
    for unit in units:
        assert shell().index(f"contrib/systemd/{unit}.service") < shell().index(f"enable --now {unit}")


def test_the_hook_is_put_where_it_knows_the_operation():
    (verbs,) = re.findall(r"^for operation in (.+); do$", shell("8."), re.MULTILINE)

    assert {f"instance-{verb}" for verb in verbs.split()} <= hook.PATHS
    assert (ROOT / "ganeti" / "snf-ganeti-hook").stat().st_mode & 0o111


def test_the_event_daemons_unit_finds_what_is_written_for_it():
    unit = (ROOT / "contrib" / "systemd" / "synnefo-eventd.service").read_text()
    (line,) = [line for line in shell("8.").splitlines() if line.endswith("> /etc/synnefo/eventd.env")]

    assert set(re.findall(r"\$\{(\w+)\}", unit)) == set(re.findall(r"([A-Z]+)=", line))
    assert "EnvironmentFile=/etc/synnefo/eventd.env" in unit
    assert "LoadCredential=amqp-url:/etc/synnefo/amqp-url" in unit
    assert "> /etc/synnefo/amqp-url)" in shell("8.")
