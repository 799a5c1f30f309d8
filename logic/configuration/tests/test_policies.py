"""Which policy is read, and that one which is not is told of."""

import pytest

from logic.configuration import load
from logic.configuration.policies import policy_file
from logic.configuration.tests.folders import folder


@pytest.fixture
def folders(tmp_path):
    """The shipped directory, and two of the site's."""
    return [folder(tmp_path, name) for name in ("shipped", "site", "more")]


def lay(place, name="policy.yaml"):
    (place / name).touch()
    return str(place / name)


def test_that_of_the_sites_first_directory_is_read_and_nobody_is_warned(folders):
    laid = lay(folders[1])
    assert (policy_file("", folders[1:]), load(folders, {}).warnings) == (laid, ())


@pytest.mark.parametrize("name", ["policy.yaml", "policy.yml", "policy.json"])
def test_one_that_lies_where_none_is_looked_for_is_a_warning(folders, name):
    laid = lay(folders[0], name)
    (warning,) = load(folders, {}).warnings
    assert laid in warning
    assert "POLICY_FILE" in warning


def test_where_one_is_named_the_sites_is_not_read_and_says_so(folders, tmp_path):
    mine, site = lay(tmp_path), lay(folders[1])
    settings = load(folders, {"SYNNEFO_POLICY_FILE": mine})
    assert policy_file(settings["POLICY_FILE"], folders[1:]) == mine
    assert settings.warnings == (f"{site} is not read: {mine} is",)


def test_of_two_directories_of_a_site_the_second_ones_is_not_read(folders):
    first, second = (lay(one) for one in folders[1:])
    assert policy_file("", folders[1:]) == first
    assert load(folders, {}).warnings == (f"{second} is not read: {first} is",)


def test_the_shipped_directory_may_be_the_sites_too(folders):
    lay(folders[0])
    assert load([folders[0], folders[0]], {}).warnings == ()
