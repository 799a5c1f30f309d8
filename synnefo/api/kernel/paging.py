"""Pages and orders of lists: what the client asks by ``limit``, ``marker``, ``sort_key``, ``sort_dir`` and ``sort``."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

import msgspec
from django.conf import settings

from logic.errors import BadRequest
from synnefo.api.kernel.calls import Call
from synnefo.api.kernel.reading import clipped


class Page(msgspec.Struct, frozen=True):
    """At most ``limit`` items after the one with id ``marker`` (empty: from the first)."""

    limit: int
    marker: str


def page(call: Call, *, default: int = 0) -> Page:
    """What the request asks for; 0 and too many are the site's maximum (MAX_PAGE). Raises :class:`BadRequest`."""
    limit = call.query.number("limit", default)
    return Page(min(limit or settings.MAX_PAGE, settings.MAX_PAGE), call.query.one("marker"))


def next_url(call: Call, ids: Sequence[str], page: Page) -> str:
    """Where the next page is; empty when this one, with these ids, was not full."""
    if not ids or len(ids) < page.limit:
        return ""
    query = {name: values for name, values in call.query.items() if name != "marker"}
    return f"{call.base_url}{call.path}?{urlencode({**query, 'marker': [ids[-1]]}, doseq=True)}"


def next_link(call: Call, ids: Sequence[str], page: Page) -> list[dict[str, str]]:
    """``[{"rel": "next", "href": …}]`` as Nova's ``servers_links`` and Neutron's ``networks_links``, or nothing."""
    href = next_url(call, ids, page)
    return [{"rel": "next", "href": href}] if href else []


def sorting(call: Call, columns: Mapping[str, str], *, way: str = "desc") -> list[tuple[str, str]]:
    """[(our column, asc or desc)]; ``columns``: the dialect's key → our column; ``way``: where the client names none.

    Understands ``sort_key``/``sort_dir`` (repeated) and Glance's ``sort=name:asc,size``. Raises :class:`BadRequest`.
    """
    keys, ways = call.query.all("sort_key"), [_way(one) for one in call.query.all("sort_dir")]
    pairs = [(key, ways[place] if place < len(ways) else way) for place, key in enumerate(keys)]
    for item in ",".join(call.query.all("sort")).split(","):
        if item:
            key, _, given = item.partition(":")
            pairs.append((key, given or way))
    return [(_column(key, columns), _way(given)) for key, given in pairs]


def _column(key: str, columns: Mapping[str, str]) -> str:
    if key not in columns:
        raise BadRequest(reason=f"Cannot sort by {clipped(key)!r}. Use one of {', '.join(sorted(columns))}.")
    return columns[key]


def _way(way: str) -> str:
    if way not in {"asc", "desc"}:
        raise BadRequest(reason=f"The sort direction must be asc or desc, not {clipped(way)!r}.")
    return way
