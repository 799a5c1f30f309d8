"""What a list of Keystone's is asked for, from the query: filters of the fields named, ``limit``, ``marker``, ``sort_key``. Other
parameters are passed over, as Keystone does."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from logic.identity.queries.listing import INEXACT, Listing
from synnefo.api.identity import render
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import PAGE, SORT, Shape
from synnefo.api.kernel.paging import next_url, page, sorting

FLAGS = frozenset({"enabled"})


def parameters(*fields: str) -> Mapping[str, Shape]:
    """What is looked at in the address of a list that is narrowed by these."""
    return {**dict.fromkeys(fields, str), **PAGE, **SORT}


def asked(call: Call, *fields: str) -> Listing:
    """Raises :class:`BadRequest` for a value, a limit or an order that cannot be."""
    filters: dict[str, str | bool] = {}
    for name in call.query:
        field, _, way = name.partition("__")
        if field not in fields or (way and way not in INEXACT):
            continue
        flag = call.query.flag(name, default=True) if field in FLAGS else None  # ?enabled alone is true
        filters[name] = call.query.one(name) if flag is None else flag
    wanted = page(call)
    order = sorting(call, {field: field for field in fields}, way="asc")
    return Listing(filters=filters, order=tuple(order), limit=wanted.limit, marker=wanted.marker)


def listed(call: Call, kind: str, bodies: Iterable[dict[str, Any]], *, path: str = "") -> Answer:
    """A page with the address of the next one, if it is full."""
    shown: Sequence[dict[str, Any]] = list(bodies)
    following = next_url(call, [body["id"] for body in shown], page(call))
    return render.many(call, kind, shown, path=path, following=following)


def one_flag(call: Call, name: str) -> bool:
    """A switch such as ``effective``: there without a value it is on, unless it says 0 or false."""
    return name in call.query and call.query.flag(name, default=True) is True
