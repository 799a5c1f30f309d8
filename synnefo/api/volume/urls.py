"""Cinder's addresses, below ``/volume``, with the role that each needs.

The same routes answer below ``/volume/v3/{project}`` too, where older clients look.
"""

import re
from typing import Final

import msgspec
from django.urls import URLPattern, URLResolver, include, re_path

from logic.access import Role, require
from logic.errors import BadRequest
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.handling import View
from synnefo.api.kernel.routing import route
from synnefo.api.services import VOLUME
from synnefo.api.volume import besides, views

PROJECT: Final = r"[0-9a-f]{32}"
_IN_ADDRESS = re.compile(rf"/v3/({PROJECT})(?:/|$)")


class Gate(msgspec.Struct, frozen=True):
    """A view, and who may use it. A project in the address must be the token's."""

    role: Role
    view: View

    def __call__(self, call: Call, /, **path: str) -> Answer:
        named = _IN_ADDRESS.search(call.path)
        if named and named[1] != call.caller.project:
            raise BadRequest(
                reason="The project in the address is not the token's. Leave it out, or take its own token."
            )
        require(call.caller, self.role, str(getattr(self.view, "__name__", "this")).replace("_", " "))
        return self.view(call, **path)


def _at(pattern: str, **gates: Gate) -> URLPattern:
    return route(pattern, VOLUME.dialect, **gates)  # type: ignore[arg-type]  # route's own keywords are no methods


def reads(view: View) -> Gate:
    return Gate("reader", view)


def writes(view: View) -> Gate:
    return Gate("member", view)


API = [
    _at("volumes", GET=reads(views.list_volumes), POST=writes(views.create_volume)),
    _at("volumes/detail", GET=reads(views.list_volumes_in_detail)),
    _at(
        "volumes/<id>",
        GET=reads(views.show_volume),
        PUT=writes(views.change_volume),
        DELETE=writes(views.delete_volume),
    ),
    _at("volumes/<id>/action", POST=writes(views.act_on_volume)),
    _at(
        "volumes/<id>/metadata",
        GET=reads(views.list_metadata),
        POST=writes(views.merge_metadata),
        PUT=writes(views.replace_metadata),
    ),
    _at("volumes/<id>/metadata/<key>", DELETE=writes(views.delete_metadata_item)),
    _at("types", GET=reads(besides.list_types), POST=writes(besides.unmakeable_type)),
    _at(
        "types/<id>",
        GET=reads(besides.show_type),
        PUT=writes(besides.unmakeable_type),
        DELETE=writes(besides.unmakeable_type),
    ),
    _at("types/<id>/extra_specs", GET=reads(besides.list_extra_specs)),
    _at("limits", GET=reads(besides.show_limits)),
    _at(
        "os-quota-sets/<project>",
        GET=reads(besides.show_quotas),
        PUT=writes(besides.unchangeable_quotas),
        DELETE=writes(besides.unchangeable_quotas),
    ),
    _at("os-quota-sets/<project>/defaults", GET=reads(besides.show_default_quotas)),
    _at("os-availability-zone", GET=reads(besides.list_zones)),
    _at("extensions", GET=reads(besides.list_extensions)),
    _at("snapshots", GET=reads(besides.list_snapshots), POST=writes(besides.create_snapshot)),
    _at("snapshots/detail", GET=reads(besides.list_snapshots)),
    _at("snapshots/<id>", GET=reads(besides.no_snapshot), DELETE=writes(besides.no_snapshot)),
]

urlpatterns: list[URLPattern | URLResolver] = [
    route("", VOLUME.dialect, auth=False, GET=besides.list_versions),
    route("v3", VOLUME.dialect, auth=False, GET=besides.show_version),
    re_path(rf"^v3/(?:{PROJECT}/)?", include(API)),
]
