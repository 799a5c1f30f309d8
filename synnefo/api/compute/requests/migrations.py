"""The query string of ``GET /os-migrations`` as a filter."""

from typing import Any

from logic.compute.migration_lists import MigrationFilter
from logic.errors import BadRequest
from synnefo.api.compute.requests.filters import moment
from synnefo.api.compute.versions import Since
from synnefo.api.kernel.calls import Call
from synnefo.api.kernel.reading import clipped

# Nova's parameter: ours, and from which 2.N it is known. A server comes from its cluster and goes to it.
WORDS: dict[str, tuple[str, int]] = {
    "host": ("host", 1),
    "source_compute": ("host", 1),
    "status": ("status", 1),
    "instance_uuid": ("server", 1),
    "migration_type": ("kind", 1),
    "user_id": ("user", Since.MIGRATION_OWNER),
    "project_id": ("project", Since.MIGRATION_OWNER),
}
MOMENTS: dict[str, tuple[str, int]] = {
    "changes-since": ("changes_since", Since.MIGRATION_PAGES),
    "changes-before": ("changes_before", Since.CHANGES_BEFORE),
}
# What may be said beside: pages; cells; ``hidden`` ones, of which there are none.
BESIDE = frozenset({"limit", "marker", "cell_name", "hidden"})


def wanted(call: Call) -> MigrationFilter:
    """Raises :class:`BadRequest`, from 2.59 also for a parameter that is unknown."""
    found: dict[str, Any] = {}
    for name in call.query:
        value = call.query.one(name)
        ours, since = (WORDS | MOMENTS).get(name, ("", 0))
        if ours and call.at_least(since):
            found[ours] = moment(value, name) if name in MOMENTS else value
        elif name not in BESIDE and call.at_least(Since.MIGRATION_PAGES):
            raise BadRequest(reason=f"Migrations have no parameter {clipped(name)!r} in version 2.{call.version[1]}.")
    return MigrationFilter(**found)
