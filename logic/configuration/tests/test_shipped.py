"""The shipped ``settings.d`` and the schema say the same."""

import ast
import re
from pathlib import Path

import msgspec
import pytest

from logic.configuration import Values, checking, load
from logic.configuration.files import conf_files

SHIPPED = Path(__file__).resolve().parents[3] / "settings.d"
LINES = [
    (path.name, found[1], found[2])
    for path in conf_files([SHIPPED])
    for found in re.finditer(r"^#?([A-Z][A-Z_]*) = (.+)$", path.read_text(), re.MULTILINE)
]
PLAIN = msgspec.to_builtins(Values())
SECRETS = {name for name in PLAIN if checking.is_secret(name)}


def test_the_shipped_files_can_be_read_and_are_the_defaults():
    assert dict(load([SHIPPED], {})) == PLAIN


def test_each_setting_is_in_one_shipped_file():
    named = [name.removesuffix("_FILE") if name.removesuffix("_FILE") in SECRETS else name for _, name, _ in LINES]

    assert sorted(named) == sorted(PLAIN)


@pytest.mark.parametrize(("file", "name", "text"), [line for line in LINES if line[1] in PLAIN])
def test_the_default_in_the_file_is_the_schemas(file, name, text):
    assert ast.literal_eval(text) == PLAIN[name], file


def test_the_files_are_numbered_and_their_order_is_the_schemas():
    assert all(re.fullmatch(r"\d\d-[a-z]+\.conf", path.name) for path in SHIPPED.iterdir())
    schema = Path(checking.__file__).with_name("schema.py").read_text()
    assert re.findall(r"^    # (\d\d-\w+\.conf)$", schema, re.MULTILINE) == [
        path.name for path in conf_files([SHIPPED])
    ]


@pytest.mark.parametrize("name", PLAIN)
def test_each_setting_has_a_reason_that_is_a_sentence(name):
    assert checking.reason(name)[0].isupper()
    assert checking.reason(name).endswith(".")


@pytest.mark.parametrize("name", [name for name, value in PLAIN.items() if isinstance(value, int | float)])
def test_each_number_has_a_unit(name):
    assert checking.unit(name) or isinstance(PLAIN[name], bool)
