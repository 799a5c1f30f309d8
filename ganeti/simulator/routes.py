"""The resources of RAPI version 2 that the simulator has: path and method → handler.

``GET …/wait`` and everything but GET need the right to write; a query with a filter does not.
"""

import re
from typing import Any, Final
from urllib.parse import unquote

from ganeti.simulator import ordering, querying, reading
from ganeti.simulator.calls import Call, Handler
from ganeti.simulator.errors import HttpError

_FORBIDDEN, _NOT_FOUND, _UNSUPPORTED = 403, 404, 501


def answer(call: Call, method: str, path: str, *, may_write: bool) -> Any:
    """Find the resource and let it answer. Raises :class:`HttpError`."""
    for pattern, handlers in ROUTES:
        match = pattern.fullmatch(path)
        if match is None:
            continue
        if method not in handlers:
            raise HttpError(_UNSUPPORTED, f"Method {method} is unsupported for path {path}")
        handler = handlers[method]
        if not may_write and handler is not querying.filtered and (method != "GET" or handler is reading.wait):
            raise HttpError(_FORBIDDEN)
        call.args = tuple(unquote(part) for part in match.groups())
        return handler(call)
    raise HttpError(_NOT_FOUND)


def _route(path: str, **handlers: Handler) -> tuple[re.Pattern[str], dict[str, Handler]]:
    """``*`` in a path is one variable part."""
    return re.compile(path.replace("#", "([0-9]+)").replace("*", "([^/]+)")), handlers


_NAMED: Final = "instances_name_tags"
ROUTES: Final = [
    _route("/", GET=reading.nothing),
    _route("/2", GET=reading.nothing),
    _route("/version", GET=reading.version),
    _route("/2/features", GET=reading.features),
    _route("/2/info", GET=reading.info),
    _route("/2/os", GET=reading.oses),
    _route("/2/instances", GET=reading.instances, POST=ordering.create),
    _route("/2/instances/*", GET=reading.instance, DELETE=ordering.remove),
    _route("/2/instances/*/startup", PUT=ordering.startup),
    _route("/2/instances/*/shutdown", PUT=ordering.shutdown),
    _route("/2/instances/*/reboot", POST=ordering.reboot),
    _route("/2/instances/*/modify", PUT=ordering.modify),
    _route("/2/instances/*/migrate", PUT=ordering.migrate),
    _route("/2/instances/*/failover", PUT=ordering.failover),
    _route("/2/instances/*/disk/#/grow", POST=ordering.grow_disk),
    _route("/2/instances/*/export", PUT=ordering.export),
    _route("/2/instances/*/reinstall", POST=ordering.reinstall),
    _route("/2/instances/*/console", GET=reading.console),
    _route(
        "/2/instances/*/tags",
        GET=reading.instance_tags,
        PUT=ordering.tagging("OP_TAGS_SET", "instance", _NAMED),
        DELETE=ordering.tagging("OP_TAGS_DEL", "instance", _NAMED),
    ),
    _route(
        "/2/tags",
        GET=reading.cluster_tags,
        PUT=ordering.tagging("OP_TAGS_SET", "cluster", "tags"),
        DELETE=ordering.tagging("OP_TAGS_DEL", "cluster", "tags"),
    ),
    _route("/2/query/*", GET=querying.answer, PUT=querying.filtered),
    _route("/2/jobs", GET=reading.jobs),
    _route("/2/jobs/#", GET=reading.job, DELETE=ordering.cancel),
    _route("/2/jobs/#/wait", GET=reading.wait),
    _route("/2/nodes", GET=reading.nodes),
    _route("/2/nodes/*", GET=reading.node),
    _route("/2/groups", GET=reading.groups),
    _route("/2/groups/*", GET=reading.group),
    _route("/2/networks", GET=reading.networks, POST=ordering.add_network),
    _route("/2/networks/*", GET=reading.network, DELETE=ordering.remove_network),
    _route("/2/networks/*/connect", PUT=ordering.connect_network),
    _route("/2/networks/*/disconnect", PUT=ordering.disconnect_network),
]
