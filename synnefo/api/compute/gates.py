"""What stands before each view: the role it needs, the microversions it exists in, the project its address names.

``at("servers", GET=reader(list_servers), POST=member(create_server))`` in ``urls``. A route outside its versions is as
unknown as one that never was; a project in the address must be the token's.
"""

import functools
import re
from collections.abc import Callable

import msgspec
from django.urls import URLPattern

from logic.access import Role, require
from logic.errors import BadRequest
from synnefo.api.compute.versions import COMPUTE, MAXIMUM
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.faults import UnknownRoute
from synnefo.api.kernel.handling import View
from synnefo.api.kernel.reading import clipped
from synnefo.api.kernel.routing import route

PROJECT = r"[0-9a-f]{32}"
_IN_ADDRESS = re.compile(rf"/v2(?:\.1)?/({PROJECT})(?:/|$)")


class Gate(msgspec.Struct, frozen=True):
    """A view, who may use it, and from which to which 2.N it exists."""

    role: Role
    view: View
    since: int
    until: int

    def __call__(self, call: Call, /, **path: str) -> Answer:
        if not self.since <= call.version[1] <= self.until:
            raise UnknownRoute(path=clipped(call.path))
        named = _IN_ADDRESS.search(call.path)
        if named and named[1] != call.caller.project:
            raise BadRequest(
                reason="The project in the address is not the token's. Leave it out, or take its own token."
            )
        require(call.caller, self.role, _named(self.view))
        return self.view(call, **path)


def _named(view: View) -> str:
    """``create_server`` as words, for the reader of a refusal."""
    inner = view.func if isinstance(view, functools.partial) else view
    return str(getattr(inner, "__name__", "this")).replace("_", " ")


def reader(view: View, *, since: int = 1, until: int = MAXIMUM[1]) -> Gate:
    """For everybody in the project."""
    return Gate("reader", view, since, until)


def member(view: View, *, since: int = 1, until: int = MAXIMUM[1]) -> Gate:
    """For who may change things in the project."""
    return Gate("member", view, since, until)


def admin(view: View, *, since: int = 1, until: int = MAXIMUM[1]) -> Gate:
    """For administrators of the cloud."""
    return Gate("admin", view, since, until)


def at(pattern: str, **gates: Gate) -> URLPattern:
    """A route of the compute service, relative to ``/compute/v2.1/``."""
    make: Callable[..., URLPattern] = route  # whose own keywords are no methods
    return make(pattern, COMPUTE, **gates)
