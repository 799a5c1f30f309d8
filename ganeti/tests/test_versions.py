"""What differs between Ganeti's versions is told by one table, and what is of no use to us is refused in a sentence."""

import pytest

from ganeti import versions
from ganeti.simulator.opcodes import PARAMETERS
from ganeti.versions import Version

WORDS = ("instance-create-reqv1", "instance-reinstall-reqv1")


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("3.0.2", Version(3, 0, 2)),
        ("2.16.0~rc2", Version(2, 16, 0)),
        ("3.1", Version(3, 1)),
        ("10.2.1", Version(10, 2, 1)),
    ],
)
def test_a_version_is_read_as_ganeti_writes_it(text, version):
    assert versions.read(text) == version


@pytest.mark.parametrize("text", ["", "three", "3", "v3.0", "3.", "99999.1"])
def test_what_is_no_version_is_none(text):
    assert versions.read(text) is None


def test_versions_are_ordered_by_number_and_not_by_letter():
    assert versions.read("2.9.7") < versions.read("2.16.0") < versions.read("3.0.2") < versions.read("3.10.0")


@pytest.mark.parametrize(
    ("version", "word"),
    [("2.16.2", "hotplug_if_possible"), ("3.0.2", "hotplug_if_possible"), ("3.1.1", "hotplug"), ("4.0", "hotplug")],
)
def test_the_word_for_hotplugging_depends_on_the_version(version, word):
    assert versions.hotplug(version) == {word: True}


@pytest.mark.parametrize("version", ["2.16.2", "3.0.2", "3.1.1", "3.2.0"])
def test_what_we_need_is_there_from_the_oldest_on(version):
    assert all(versions.can(version, trait) for trait in (versions.SECRETS, versions.ATTACHING))
    assert versions.refusal(version, WORDS) == ""


def test_bridges_have_vlans_from_3_0_on():
    assert [versions.can(text, versions.BRIDGE_VLANS) for text in ("2.16.2", "3.0.0", "3.1.1")] == [False, True, True]


def test_one_word_for_hotplugging_is_there_in_each_version_and_never_both():
    for text in ("2.16.2", "3.0.2", "3.1.1", "9.9"):
        assert versions.can(text, versions.HOTPLUG_IF_POSSIBLE) is not versions.can(text, versions.HOTPLUG_WHERE_IT_CAN)


def test_the_table_names_only_parameters_and_traits_that_there_are():
    for opcode, named in versions.PARAMETERS.items():
        assert named.keys() <= PARAMETERS[opcode].keys()
        assert set(named.values()) <= versions.TRAITS.keys()


@pytest.mark.parametrize(
    ("version", "words", "api", "said"),
    [
        ("2.15.2", WORDS, 2, "It runs Ganeti 2.15.2; Synnefo needs 2.16 or newer."),
        ("2.9.7", WORDS, 2, "It runs Ganeti 2.9.7; Synnefo needs 2.16 or newer."),
        ("unknown", WORDS, 2, "It does not say which Ganeti it is"),
        ("3.0.2", ("instance-reinstall-reqv1",), 2, "lacks instance-create-reqv1 (for making servers)"),
        ("3.0.2", WORDS, 3, "Its remote API is of version 3; Synnefo speaks version 2."),
    ],
)
def test_what_is_of_no_use_is_refused_in_a_sentence(version, words, api, said):
    assert said in versions.refusal(version, words, api=api)
