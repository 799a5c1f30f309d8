"""What ``backend-add``, ``-list`` and ``-modify`` have in common: their options, and a cluster as operators see it."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from logic.backends.base import Facts
from logic.errors import BackendFailure, BadRequest, NotFound
from logic.placement import queries
from logic.placement.queries import BackendInfo
from synnefo.management.asking import password_in, whole_path

COLUMNS = ("endpoint", "username", "disk_template", "hypervisor", "nic_link")
UNTRUSTED = (
    "certificate_verify_failed",
    "certificate verify failed",
    "fingerprint",
)  # in OpenSSL's and urllib3's words


def add_options(parser: CommandParser, *, required: bool) -> None:
    """How to reach a cluster, and what its servers get unless told otherwise."""
    parser.add_argument("--endpoint", required=required, metavar="URL", help="its remote API: https://HOST:5080")
    parser.add_argument("--username", required=required, help="of the remote API, with write access")
    parser.add_argument("--password-file", required=required, metavar="FILE", help="the password, in its first line")
    parser.add_argument("--ca-file", metavar="FILE", help="its certificate, or the authority's; the same on every node")
    parser.add_argument("--disk-template", metavar="NAME", help="for its servers' disks, such as plain or drbd")
    parser.add_argument("--hypervisor", metavar="NAME", help="for its servers, such as kvm")
    parser.add_argument("--nic-link", metavar="NAME", help="where interfaces go on networks that do not name a link")


def given(options: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that were given. Raises :class:`logic.errors.BadRequest` for files that cannot be used."""
    found = {name: options[name] for name in COLUMNS if options[name] is not None}
    if options["password_file"] is not None:
        found["password"] = password_in(options["password_file"])
    if options["ca_file"] is not None:
        found["ca_file"] = whole_path(options["ca_file"])
    return found


def check_template(wanted: str | None, facts: Facts) -> None:
    """Would the cluster make disks for our servers? Raises :class:`BadRequest` with those it would make."""
    template = wanted or settings.GANETI_DISK_TEMPLATE
    if facts.disk_templates and template not in facts.disk_templates:
        there = ", ".join(facts.disk_templates)
        raise BadRequest(reason=f"The cluster makes no {template} disks but {there}. Choose with --disk-template.")


def check_fit(facts: Facts) -> None:
    """Is it of any use to us? Raises :class:`BadRequest` with why not, and what to do."""
    if facts.unfit:
        raise BadRequest(reason=facts.unfit)


def warning(facts: Facts) -> str:
    """What an operator ought to know of a cluster that is used all the same; empty: nothing."""
    if facts.wipes is not False:
        return ""
    return (
        "Disks of this cloud's servers may hold what deleted ones had: the cluster does not wipe new disks. Unless its storage"
        " does, run there: gnt-cluster modify --prealloc-wipe-disks yes"
    )


def advice(error: BackendFailure) -> str:
    """What to do about a cluster that did not answer. One whose certificate is not trusted will not be later either."""
    if any(word in str(error).lower() for word in UNTRUSTED):
        return "Give the certificate that it shows, or the authority's that signed it, with --ca-file."
    return "If it will answer later, add --force."


def backend(name: str) -> BackendInfo:
    """Raises :class:`NotFound`."""
    for known in queries.backends(counted=True):
        if known.name == name:
            return known
    raise NotFound(kind="backend", id=name)


def facts_of(name: str) -> dict[str, object]:
    """All there is to know of a cluster; no secrets."""
    known = backend(name)
    return {field: getattr(known, field) for field in BackendInfo.__struct_fields__ if field != "id"}


def state(known: BackendInfo) -> str:
    if known.offline:
        return "offline"
    if known.restored:
        return "restored, not yet looked at"
    if known.unfit:
        return "unfit"
    return "drained" if known.drained else "in use"
