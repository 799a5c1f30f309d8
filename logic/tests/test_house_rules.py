"""The rules of the house hold, and each catches an offender: a rule that cannot fail is none."""

import textwrap

import pytest

from logic.tests import house_rules
from logic.tests.house_rules import EXCUSED, Module, excused, inside, modules


def told(rule, text, path="logic/compute/commands.py"):
    """Names of what offends in a piece of code."""
    return [offence.name for offence in rule(Module(path, textwrap.dedent(text)))]


@pytest.mark.parametrize(
    "rule",
    [house_rules.modules_open_with_a_docstring, house_rules.files_are_short],
    ids=lambda rule: rule.__name__,
)
def test_a_rule_for_all_modules_holds(rule):
    offences = [str(offence) for module in modules(tests=True) for offence in rule(module)]
    assert not offences, "\n" + "\n".join(offences)


FOR_THE_PRODUCT = [
    house_rules.no_time_chance_or_threads,
    house_rules.states_are_written_by_the_ledger,
    house_rules.facades_know_no_tables,
    house_rules.nothing_read_is_run,
    house_rules.disks_are_of_a_named_format,
]


@pytest.mark.parametrize("rule", FOR_THE_PRODUCT, ids=lambda rule: rule.__name__)
def test_a_rule_for_the_product_holds(rule):
    offences = [str(one) for module in modules(tests=False) for one in rule(module) if not excused(one)]
    assert not offences, "\n" + "\n".join(offences)


def test_no_exception_outlives_its_need():
    offences = (one for rule in FOR_THE_PRODUCT for module in modules(tests=False) for one in rule(module))
    needed = {excused(one) for one in offences}
    assert set(EXCUSED) == needed - {None}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("import time\ntime.time()", "time.time"),
        ("import time as t\nt.monotonic()", "time.monotonic"),
        ("from time import monotonic", "time.monotonic"),
        ("import datetime\ndatetime.datetime.now(datetime.UTC)", "datetime.datetime.now"),
        ("from datetime import datetime as dt\ndt.utcnow()", "datetime.datetime.utcnow"),
        ("from datetime import date\ndate.today()", "datetime.date.today"),
        ("from django.utils import timezone\ntimezone.now()", "django.utils.timezone.now"),
        ("import uuid\nuuid.uuid4()", "uuid.uuid4"),
        ("def f():\n    import random", "random"),
        ("from secrets import token_hex", "secrets"),
        ("import os\nos.urandom(3)", "os.urandom"),
        ("import threading", "threading"),
        ("from concurrent.futures import ThreadPoolExecutor", "concurrent.futures"),
        ("from concurrent import futures", "concurrent.futures"),
        ("import asyncio\nasyncio.to_thread(f)", "asyncio.to_thread"),
        ("from asgiref.sync import sync_to_async", "asgiref.sync"),
        ("loop.run_in_executor(None, f)", "run_in_executor"),
    ],
)
def test_other_sources_of_time_chance_and_threads_are_found(text, name):
    assert name in told(house_rules.no_time_chance_or_threads, text)


@pytest.mark.parametrize(
    "text",
    [
        "from logic import clock\nclock.now()\nclock.monotonic()",
        "import datetime\ndatetime.timedelta(1)",
        "import asyncio\nasyncio.sleep(1)",
        "import uuid\nuuid.UUID(int=1)",
        "import randomness\nself.random.random()",
        "random = 4\nthreading_is_off = True",
    ],
)
def test_innocent_code_has_other_sources_in_peace(text):
    assert told(house_rules.no_time_chance_or_threads, text) == []


@pytest.mark.parametrize(
    "text",
    [
        "row.observed = 'running'",
        "self.row.mode = mode",
        "row.id, row.command = id, ''",
        "row.missing += 1",
        "row.fence_job: int = 3",
        "for row in rows:\n    row.fence_op = 0",
        "Server.objects.filter(pk=1).update(observed='gone')",
        "Server.objects.filter(pk=1).update(**{'command': ''})",
        "Server.objects.bulk_update(rows, ['name', 'mode'])",
        "Server.objects.update_or_create(pk=1, defaults={'observed': 'gone'})",
        "row.save(update_fields=['fence_job'])",
        "setattr(row, 'verb', 'stop')",
    ],
)
def test_a_state_written_outside_the_ledger_is_found(text):
    rule = house_rules.states_are_written_by_the_ledger
    assert len(told(rule, text)) == 1
    assert told(rule, text, path="logic/ledger/advancing.py") == []


@pytest.mark.parametrize(
    "text",
    [
        "observed = row.observed",
        "Server.objects.filter(observed='gone').update(name='x')",
        "replace(state, observed='gone')",
        "State(observed='gone', mode='normal')",
        "class Server:\n    observed = CharField()",
        "row.name = 'observed'",
        "counted[row.command] += 1",
    ],
)
def test_reading_a_state_and_making_a_value_of_one_is_free(text):
    assert told(house_rules.states_are_written_by_the_ledger, text) == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("from xml.etree import ElementTree", "xml"),
        ("import xml.sax", "xml"),
        ("from lxml import etree", "lxml"),
        ("import pickle", "pickle"),
        ("import yaml", "yaml"),
        ("import os\nos.system('ls')", "os.system"),
        ("eval(text)", "eval"),
        ("exec(text, {})", "exec"),
        ("import subprocess\nsubprocess.run(command, shell=True)", "shell"),
    ],
)
def test_what_runs_what_it_reads_is_found(text, name):
    assert name in told(house_rules.nothing_read_is_run, text)


def test_reading_data_is_free():
    text = "import ast, json\nast.literal_eval(x)\njson.loads(x)\nself.exec(x)\nsubprocess.run(['ls', 'shell'])"
    assert told(house_rules.nothing_read_is_run, text) == []


@pytest.mark.parametrize("command", ["['qemu-img', 'info', path]", "['qemu-img', 'resize', path, size]"])
def test_a_disk_whose_format_is_guessed_is_found(command):
    assert told(house_rules.disks_are_of_a_named_format, f"run({command})") == ["qemu-img"]


def test_a_disk_whose_format_is_said_is_not():
    text = "run(['qemu-img', 'convert', '-f', 'qcow2', path])\nrun(['qemu-img', 'create', path])"
    assert told(house_rules.disks_are_of_a_named_format, text) == []


def test_a_module_without_a_docstring_is_found():
    rule = house_rules.modules_open_with_a_docstring
    assert told(rule, "import os\n")
    assert not told(rule, '"""What lives here."""\nimport os\n')
    assert not told(rule, "\n")


def test_a_file_that_is_too_long_is_found():
    rule = house_rules.files_are_short
    assert told(rule, "x = 1\n" * (house_rules.MOST_LINES + 1))
    assert not told(rule, "x = 1\n" * house_rules.MOST_LINES)


@pytest.mark.parametrize(
    "text",
    [
        "from django.db import connection",
        "import django.db.models",
        "from logic.compute.models import Server",
        "from logic.compute import models",
        "def view():\n    from logic.network.models import Port",
    ],
)
def test_a_facade_that_knows_a_table_is_found(text):
    rule = house_rules.facades_know_no_tables
    assert told(rule, text, path="synnefo/api/compute/views/servers.py")
    assert not told(rule, text, path="logic/compute/commands.py")
    assert not told(rule, text, path="synnefo/api/kernel/running.py")


def test_a_facade_may_call_commands_and_queries():
    text = "from logic.compute import commands, queries\nfrom django.http import HttpRequest"
    assert not told(house_rules.facades_know_no_tables, text, path="synnefo/api/compute/views/servers.py")


def test_every_room_of_logic_has_its_layer():
    assert not house_rules.rooms() - house_rules.contracts("layers"), "give them a layer in pyproject.toml"


def test_every_facade_is_independent():
    facades = {f"synnefo.api.{name}" for name in inside("synnefo/api") if "urls" in inside(f"synnefo/api/{name}")}
    assert not facades - house_rules.contracts("independence"), "name them in pyproject.toml"


def test_a_room_without_a_layer_would_be_found(tmp_path, monkeypatch):
    monkeypatch.setattr(house_rules, "ROOT", tmp_path)
    for name in ("volume/apps.py", "volume/commands.py", "volume/infos.py", "volume/tests/__init__.py", "new.py"):
        (tmp_path / "logic" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "logic" / name).touch()
    (tmp_path / "logic/volume/__init__.py").touch()
    assert house_rules.rooms() == {"logic.volume.commands", "logic.new"}
