"""Pages and orders."""

import pytest

from logic.errors import BadRequest
from synnefo.api.kernel.calls import ANONYMOUS, Call, Query
from synnefo.api.kernel.paging import Page, next_link, page, sorting

COLUMNS = {"created_at": "created_at", "display_name": "name"}


def call(query: str) -> Call:
    return Call(
        caller=ANONYMOUS,
        method="GET",
        path="/compute/v2.1/servers",
        query=Query.parsed(query),
        version=(2, 1),
        base_url="https://cloud.example",
        request_id="req-1",
        address="192.0.2.1",
        body=b"",
        meta={},
    )


@pytest.mark.parametrize(
    ("query", "asked"),
    [("", (1000, "")), ("limit=2&marker=x", (2, "x")), ("limit=0", (1000, "")), ("limit=5000", (1000, ""))],
)
def test_a_page_is_what_was_asked_and_never_more_than_the_site_allows(query, asked):
    assert page(call(query)) == Page(*asked)


@pytest.mark.parametrize("limit", ["ten", "-1", "1.5", "9" * 30, "٣", "%20", "0x10"])
def test_a_limit_that_is_no_number_is_a_bad_request(limit):
    with pytest.raises(BadRequest, match="limit must be a whole number"):
        page(call(f"limit={limit}"))


def test_a_full_page_links_to_the_next_with_the_same_filters():
    links = next_link(call("limit=2&marker=a&name=x&name=y"), ["b", "c"], Page(2, "a"))
    assert links == [
        {"rel": "next", "href": "https://cloud.example/compute/v2.1/servers?limit=2&name=x&name=y&marker=c"}
    ]


@pytest.mark.parametrize("ids", [[], ["b"]])
def test_the_last_page_links_nowhere(ids):
    assert next_link(call("limit=2"), ids, Page(2, "")) == []


@pytest.mark.parametrize(
    ("query", "order"),
    [
        ("", []),
        ("sort_key=display_name", [("name", "desc")]),
        ("sort_key=display_name&sort_dir=asc&sort_key=created_at", [("name", "asc"), ("created_at", "desc")]),
        ("sort=display_name:asc,created_at", [("name", "asc"), ("created_at", "desc")]),
    ],
)
def test_an_order_is_told_in_our_columns(query, order):
    assert sorting(call(query), COLUMNS) == order


@pytest.mark.parametrize("query", ["sort_key=password", "sort_key=created_at&sort_dir=up", "sort=x:asc"])
def test_an_order_that_is_not_offered_is_a_bad_request(query):
    with pytest.raises(BadRequest):
        sorting(call(query), COLUMNS)


@pytest.mark.parametrize(
    ("value", "flag"), [("True", True), ("0", False), ("none", None), ("None", None), ("", None), ("yes", True)]
)
def test_a_flag_is_read_in_every_spelling_clients_use(value, flag):
    assert call(f"is_public={value}").query.flag("is_public") is flag


def test_a_flag_that_is_neither_is_a_bad_request():
    with pytest.raises(BadRequest, match="must be true or false"):
        call("enabled=maybe").query.flag("enabled")
