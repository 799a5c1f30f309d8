"""Names, tags and reasons go both ways, and nothing that is not ours is taken for ours."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganeti import vocabulary

PREFIXES = st.from_regex(r"[a-z0-9]{1,8}-", fullmatch=True)


@given(PREFIXES, st.integers(min_value=1, max_value=10**17))
def test_a_name_gives_back_its_number_whatever_the_prefix(prefix, number):
    assert vocabulary.number_of(prefix, vocabulary.instance_name(prefix, number)) == number


@pytest.mark.parametrize(
    "name",
    [
        "snf-",
        "snf-0",
        "snf-07",
        "snf-7x",
        "snf--7",
        "snf-+7",
        "snf- 7",
        "snf-7\n",
        "snf-\u0667",
        "other-7",
        "7",
        "snf-7.example.org",
    ],
)
def test_a_name_that_is_not_exactly_prefix_and_number_is_not_ours(name):
    assert vocabulary.number_of("snf-", name) is None


def test_a_prefix_of_digits_is_not_taken_for_the_number():
    assert vocabulary.number_of("42-", "42-427") == 427


def test_every_status_word_of_ganeti_becomes_one_of_three():
    assert set(vocabulary.INSTANCE_STATUS.values()) == {"running", "stopped", "crashed"}
    assert [vocabulary.instance_status(word) for word in ("running", "ADMIN_down", "ERROR_down", "ERROR_up")] == [
        "running",
        "stopped",
        "crashed",
        "running",
    ]


def test_a_word_of_a_newer_ganeti_does_not_count_as_running():
    assert vocabulary.instance_status("ERROR_something_new") == "crashed"


def test_final_statuses_rank_above_all_that_can_still_change():
    changing = vocabulary.STATUSES - vocabulary.FINAL
    assert max(vocabulary.RANK[one] for one in changing) < min(vocabulary.RANK[one] for one in vocabulary.FINAL)


def test_the_server_is_found_among_other_tags():
    assert vocabulary.server_of(["owner:alice", vocabulary.server_tag("abc"), "env:test"]) == "abc"
    assert vocabulary.server_of(["owner:alice"]) == ""


@pytest.mark.parametrize(
    "trail",
    [
        None,
        "text",
        [],
        [None],
        [[]],
        [["gnt:user"]],
        [["gnt:user", 7, 1]],
        [["gnt:user", "synnefo:server:abc", 1]],
        [["gnt:user", "about synnefo:abc", 1]],
        [["gnt:user", "synnefo:", 1]],
        [["gnt:user", "synnefo:abc\n", 1]],
    ],
)
def test_a_trail_without_our_reason_names_no_command(trail):
    assert vocabulary.command_in(trail) == ""


def test_our_reason_is_found_wherever_it_stands_in_the_trail():
    trail = [["gnt:client:x", "by hand", 1], ["gnt:user", vocabulary.reason_of("c-1"), 2], ["gnt:opcode:y", "job=1", 3]]
    assert vocabulary.command_in(trail) == "c-1"


def test_an_interface_name_gives_back_its_port():
    assert vocabulary.port_of("snf-", vocabulary.nic_name("snf-", "abc")) == "abc"
    assert vocabulary.port_of("snf-", "eth0") == ""


@pytest.mark.parametrize(
    ("summary", "about"),
    [("INSTANCE_REBOOT(snf-7)", "snf-7"), ("INSTANCE_CREATE(web1.example.org)", "web1.example.org"), ("TAGS_SET", "")],
)
def test_what_an_operation_is_about_is_in_its_summary(summary, about):
    assert vocabulary.object_of(summary) == about
