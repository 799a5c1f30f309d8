"""Tags of servers: whole, one by one, and as filters of lists."""

import pytest

from logic.testing.worlds import create


@pytest.fixture
def nova(alice):
    return alice(96)


@pytest.fixture
def server(nova) -> str:
    return f"/servers/{create().pk}"


def tagged(nova, server, *tags):
    return nova.put(f"{server}/tags", {"tags": list(tags)})


def test_tags_are_replaced_whole_and_removed_whole(nova, server):
    assert tagged(nova, server, "red", "blue", "red").json == {"tags": ["blue", "red"]}
    assert nova.get(server).json["server"]["tags"] == ["blue", "red"]
    assert nova.delete(f"{server}/tags").status == 204
    assert nova.get(f"{server}/tags").json == {"tags": []}


def test_a_tag_is_added_once_and_removed_once(nova, server):
    made = nova.put(f"{server}/tags/red")
    assert [made.status, made.headers["location"].endswith(f"{server}/tags/red")] == [201, True]
    assert [nova.put(f"{server}/tags/red").status, nova.get(f"{server}/tags/red").status] == [204, 204]
    assert [nova.delete(f"{server}/tags/red").status for _ in range(2)] == [204, 404]
    assert nova.get(f"{server}/tags/red").status == 404


@pytest.mark.parametrize("tags", [["a,b"], ["a/b"], [""], ["x" * 61], [1], "red", [f"t{n}" for n in range(51)]])
def test_what_is_no_tag_is_refused(nova, server, tags):
    assert nova.put(f"{server}/tags", {"tags": tags}).status == 400
    assert nova.get(f"{server}/tags").json == {"tags": []}


def test_the_fifty_first_tag_is_refused(nova, server):
    tagged(nova, server, *[f"t{n}" for n in range(50)])
    assert nova.put(f"{server}/tags/one-more").status == 400


def test_tags_of_another_project_are_unknown(bob, server):
    assert [bob(96).get(f"{server}/tags").status, bob(96).put(f"{server}/tags/red").status] == [404, 404]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("tags=red", ["both", "red"]),
        ("tags=red,blue", ["both"]),
        ("tags=RED", []),
        ("tags=re", []),
        ("tags-any=red,blue", ["blue", "both", "red"]),
        ("not-tags=red,blue", ["blue", "none", "red"]),
        ("not-tags-any=red,blue", ["none"]),
        ("tags=a.c", []),
    ],
)
def test_servers_are_found_by_their_tags(nova, query, found):
    for name, tags in {"both": ["red", "blue"], "red": ["red"], "blue": ["blue", "abc"], "none": []}.items():
        tagged(nova, f"/servers/{create(name=name).pk}", *tags)
    assert sorted(one["name"] for one in nova.get(f"/servers?{query}").json["servers"]) == found
