"""What operator commands share."""

import datetime
import io
import json

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import OperationalError

from logic.bus import BusDown
from logic.configuration import ConfigurationError
from logic.errors import NotFound, Transient
from logic.secretkeys import KeysUnusable
from synnefo.management.tables import AWAY, REFUSED, OperatorCommand, cell, table

ROWS = [("one", 5, None), ("three", 12, True)]


class Listing(OperatorCommand):
    """Prints a table, or fails as told."""

    any_schema = True
    failure: Exception | None = None

    def handle(self, *args, **options):
        if self.failure:
            raise self.failure
        self.print_table(["name", "cores", "drained"], ROWS)


class Showing(OperatorCommand):
    """Prints one thing."""

    any_schema = True

    def handle(self, *args, **options):
        self.print_facts(
            {"name": "one", "seen": datetime.datetime(2026, 11, 21, 7, 30, tzinfo=datetime.UTC), "tags": []}
        )


def printed(command, *arguments):
    out = io.StringIO()
    call_command(command, *arguments, stdout=out)
    return out.getvalue()


def failed(error):
    command = Listing()
    command.failure = error
    with pytest.raises(CommandError) as caught:
        call_command(command)
    return caught.value


def test_a_table_is_aligned_with_numbers_to_the_right():
    assert printed(Listing()).splitlines() == [
        "name   cores  drained",
        "-----  -----  -------",
        "one        5  -",
        "three     12  yes",
    ]


def test_an_empty_table_is_its_headers():
    assert table(["name", "cores"], []) == "name  cores\n----  -----"


def test_with_json_there_is_an_object_a_row():
    assert json.loads(printed(Listing(), "--json")) == [
        {"name": "one", "cores": 5, "drained": None},
        {"name": "three", "cores": 12, "drained": True},
    ]


def test_one_thing_is_a_line_a_fact():
    assert printed(Showing()).splitlines() == ["name  one", "seen  2026-11-21 07:30:00+00:00", "tags  -"]


def test_one_thing_with_json_is_one_object():
    assert json.loads(printed(Showing(), "--json")) == {"name": "one", "seen": "2026-11-21T07:30:00Z", "tags": []}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "-"),
        ("", "-"),
        (True, "yes"),
        (False, "no"),
        (0, "0"),
        (1.5, "1.5"),
        (["a", "b"], "a, b"),
        ({"a": 1}, '{"a":1}'),
        ("ä", "ä"),
    ],
)
def test_a_value_is_shown_in_few_signs(value, shown):
    assert cell(value) == shown


@pytest.mark.parametrize("name", ["a\nb", "\x1b[2J", "\x9b2J", "a\u202eb", "tab\t"])
def test_a_name_that_would_move_the_cursor_is_shown_escaped(name):
    assert cell(name).isprintable()
    assert cell([name]).isprintable()
    assert cell({"name": name}).isprintable()


def test_wide_and_combining_signs_keep_the_columns():
    assert table(["n", "x"], [("日本", 1), ("e\u0301", 2)]).splitlines()[2:] == ["日本  1", "e\u0301     2"]


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (NotFound(kind="server", id="x"), REFUSED, "No server x could be found."),
        (ConfigurationError(["20-amqp.conf:1: no"]), REFUSED, "20-amqp.conf:1: no"),
        (KeysUnusable("No key in /k decrypts a stored credential."), REFUSED, "No key in /k"),
        (OperationalError("connection refused"), AWAY, "The database is away: connection refused"),
        (BusDown("no broker"), AWAY, "The broker is away: no broker"),
        (Transient("timed out"), AWAY, "The cluster did not do it: timed out"),
    ],
)
def test_a_failure_is_one_sentence_and_a_code(error, code, said):
    failure = failed(error)

    assert str(failure).startswith(said)
    assert failure.returncode == code


def test_a_failure_shows_no_password():
    assert "canary" not in str(failed(BusDown("amqp://synnefo:canary@mq refused")))


def test_a_fault_of_ours_is_not_dressed_up_as_a_refusal():
    command = Listing()
    command.failure = KeyError("x")

    with pytest.raises(KeyError):
        call_command(command)
