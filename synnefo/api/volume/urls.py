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
from synnefo.api.kernel.faults import UnknownRoute
from synnefo.api.kernel.handling import View
from synnefo.api.kernel.routing import route, unknown
from synnefo.api.services import VOLUME
from synnefo.api.volume.versions import Since
from synnefo.api.volume.views import (
    actions,
    attachments,
    backups,
    besides,
    group_snapshots,
    group_types,
    groups,
    messages,
    operators,
    qos,
    quotas,
    snapshots,
    transfers,
    types,
    volumes,
)
from synnefo.api.volume.views.documents import Documents

PROJECT: Final = r"[0-9a-f]{32}"
NAMELESS: Final = (
    r"(?:volumes|snapshots|backups|types|attachments)/(?=$)"  # one thing, whose id is empty: there is none
)
_IN_ADDRESS = re.compile(rf"/v3/({PROJECT})(?:/|$)")


class Gate(msgspec.Struct, frozen=True):
    """A view, who may use it, and since which version it is there. A project in the address must be the token's."""

    role: Role
    view: View
    since: int = 0

    def __call__(self, call: Call, /, **path: str) -> Answer:
        if not call.at_least(self.since):
            raise UnknownRoute(path=call.path)
        named = _IN_ADDRESS.search(call.path)
        if named and named[1] != call.caller.project:
            raise BadRequest(
                reason="The project in the address is not the token's. Leave it out, or take its own token."
            )
        require(call.caller, self.role, str(getattr(self.view, "__name__", "this")).replace("_", " "))
        return self.view(call, **path)


def _at(pattern: str, **gates: Gate) -> URLPattern:
    return route(pattern, VOLUME.dialect, **gates)  # type: ignore[arg-type]  # route's own keywords are no methods


def reads(view: View, since: int = 0) -> Gate:
    return Gate("reader", view, since)


def writes(view: View, since: int = 0) -> Gate:
    return Gate("member", view, since)


def rules(view: View, since: int = 0) -> Gate:
    return Gate("admin", view, since)


def _metadata(of: str, documents: Documents) -> list[URLPattern]:
    return [
        _at(
            f"{of}/<id>/metadata",
            GET=reads(documents.show),
            POST=writes(documents.merge),
            PUT=writes(documents.replace),
        ),
        _at(
            f"{of}/<id>/metadata/<key>",
            GET=reads(documents.show_item),
            PUT=writes(documents.set_item),
            DELETE=writes(documents.remove_item),
        ),
    ]


def _transfers(at: str) -> list[URLPattern]:
    return [
        _at(at, GET=reads(transfers.list_transfers), POST=writes(transfers.create_transfer)),
        _at(f"{at}/detail", GET=reads(transfers.list_transfers_in_detail)),
        _at(f"{at}/<id>", GET=reads(transfers.show_transfer), DELETE=writes(transfers.delete_transfer)),
        _at(f"{at}/<id>/accept", POST=writes(transfers.accept_transfer)),
    ]


_ATTACHMENTS = Since.ATTACHMENTS
VOLUMES = [
    _at("volumes", GET=reads(volumes.list_volumes), POST=writes(volumes.create_volume)),
    _at("volumes/detail", GET=reads(volumes.list_volumes_in_detail)),
    _at("volumes/summary", GET=reads(volumes.show_summary)),
    _at(
        "volumes/<id>",
        GET=reads(volumes.show_volume),
        PUT=writes(volumes.change_volume),
        DELETE=writes(volumes.delete_volume),
    ),
    _at("volumes/<id>/action", POST=writes(actions.act_on_volume)),
    *_metadata("volumes", volumes.METADATA),
    _at("volumes/<id>/encryption", GET=reads(volumes.show_encryption)),
    _at("volumes/<id>/encryption/<key>", GET=reads(volumes.show_encryption_item)),
    _at(
        "attachments",
        GET=reads(attachments.list_attachments, _ATTACHMENTS),
        POST=writes(attachments.create_attachment, _ATTACHMENTS),
    ),
    _at("attachments/detail", GET=reads(attachments.list_attachments_in_detail, _ATTACHMENTS)),
    _at(
        "attachments/<id>",
        GET=reads(attachments.show_attachment, _ATTACHMENTS),
        PUT=writes(attachments.change_attachment, _ATTACHMENTS),
        DELETE=writes(attachments.delete_attachment, _ATTACHMENTS),
    ),
    _at("attachments/<id>/action", POST=writes(attachments.act_on_attachment, Since.ATTACHMENT_COMPLETE)),
]
COPIES = [
    _at("snapshots", GET=reads(snapshots.list_snapshots), POST=writes(snapshots.create_snapshot)),
    _at("snapshots/detail", GET=reads(snapshots.list_snapshots_in_detail)),
    _at(
        "snapshots/<id>",
        GET=reads(snapshots.show_snapshot),
        PUT=writes(snapshots.change_snapshot),
        DELETE=writes(snapshots.delete_snapshot),
    ),
    _at("snapshots/<id>/action", POST=writes(snapshots.act_on_snapshot)),
    *_metadata("snapshots", snapshots.METADATA),
    _at("backups", GET=reads(backups.list_backups), POST=writes(backups.create_backup)),
    _at("backups/detail", GET=reads(backups.list_backups_in_detail)),
    _at("backups/import_record", POST=rules(backups.exchange_backup_records)),
    _at(
        "backups/<id>",
        GET=reads(backups.show_backup),
        PUT=writes(backups.change_backup),
        DELETE=writes(backups.delete_backup),
    ),
    _at("backups/<id>/restore", POST=writes(backups.restore_backup)),
    _at("backups/<id>/action", POST=writes(backups.act_on_backup)),
    _at("backups/<id>/export_record", GET=rules(backups.exchange_backup_records)),
    *_transfers("os-volume-transfer"),
    *_transfers("volume-transfers"),
]
TYPES = [
    _at("types", GET=reads(types.list_types), POST=rules(types.create_type)),
    _at(
        "types/<id>",
        GET=reads(types.show_type),
        PUT=rules(types.change_type),
        DELETE=rules(types.delete_type),
    ),
    _at("types/<id>/action", POST=rules(types.act_on_type)),
    _at("types/<id>/os-volume-type-access", GET=rules(types.list_access)),
    _at("types/<id>/extra_specs", GET=reads(types.list_extra_specs), POST=rules(types.set_extra_specs)),
    _at(
        "types/<id>/extra_specs/<key>",
        GET=reads(types.show_extra_spec),
        PUT=rules(types.set_extra_spec),
        DELETE=rules(types.delete_extra_spec),
    ),
    _at("types/<id>/encryption", GET=rules(types.show_encryption), POST=rules(types.unmakeable_encryption)),
    _at(
        "types/<id>/encryption/<encryption>",
        GET=rules(types.no_encryption),
        PUT=rules(types.no_encryption),
        DELETE=rules(types.no_encryption),
    ),
    _at("default-types", GET=rules(types.list_default_types)),
    _at(
        "default-types/<project>",
        GET=rules(types.show_default_type),
        PUT=rules(types.set_default_type),
        DELETE=rules(types.unset_default_type),
    ),
    _at("qos-specs", GET=rules(qos.list_qos), POST=rules(qos.create_qos)),
    _at("qos-specs/<id>", GET=rules(qos.show_qos), PUT=rules(qos.set_keys), DELETE=rules(qos.delete_qos)),
    _at("qos-specs/<id>/delete_keys", PUT=rules(qos.delete_keys)),
    _at("qos-specs/<id>/associations", GET=rules(qos.list_associations)),
    _at("qos-specs/<id>/associate", GET=rules(qos.associate)),
    _at("qos-specs/<id>/disassociate", GET=rules(qos.disassociate)),
    _at("qos-specs/<id>/disassociate_all", GET=rules(qos.disassociate_all)),
]
_TYPES, _GROUPS, _COPIES = Since.GROUP_TYPES, Since.GROUPS, Since.GROUP_SNAPSHOTS
GROUPS = [
    _at(
        "group_types",
        GET=reads(group_types.list_group_types, _TYPES),
        POST=rules(group_types.create_group_type, _TYPES),
    ),
    _at(
        "group_types/<id>",
        GET=reads(group_types.show_group_type, _TYPES),
        PUT=rules(group_types.change_group_type, _TYPES),
        DELETE=rules(group_types.delete_group_type, _TYPES),
    ),
    _at(
        "group_types/<id>/group_specs",
        GET=rules(group_types.list_specs, _TYPES),
        POST=rules(group_types.set_specs, _TYPES),
    ),
    _at(
        "group_types/<id>/group_specs/<key>",
        GET=rules(group_types.show_spec, _TYPES),
        PUT=rules(group_types.set_spec, _TYPES),
        DELETE=rules(group_types.delete_spec, _TYPES),
    ),
    _at("groups", GET=reads(groups.list_groups, _GROUPS), POST=writes(groups.create_group, _GROUPS)),
    _at("groups/detail", GET=reads(groups.list_groups_in_detail, _GROUPS)),
    _at("groups/action", POST=writes(groups.create_group_from, _COPIES)),
    _at("groups/<id>", GET=reads(groups.show_group, _GROUPS), PUT=writes(groups.change_group, _GROUPS)),
    _at("groups/<id>/action", POST=writes(groups.act_on_group, _GROUPS)),
    _at(
        "group_snapshots",
        GET=reads(group_snapshots.list_group_snapshots, _COPIES),
        POST=writes(group_snapshots.create_group_snapshot, _COPIES),
    ),
    _at("group_snapshots/detail", GET=reads(group_snapshots.list_group_snapshots_in_detail, _COPIES)),
    _at(
        "group_snapshots/<id>",
        GET=reads(group_snapshots.show_group_snapshot, _COPIES),
        DELETE=writes(group_snapshots.delete_group_snapshot, _COPIES),
    ),
    _at("group_snapshots/<id>/action", POST=rules(group_snapshots.act_on_group_snapshot, Since.GROUP_SNAPSHOT_STATUS)),
]
BESIDES = [
    _at("limits", GET=reads(quotas.show_limits)),
    _at(
        "os-quota-sets/<project>",
        GET=reads(quotas.show_quotas),
        PUT=rules(quotas.change_quotas),
        DELETE=rules(quotas.delete_quotas),
    ),
    _at("os-quota-sets/<project>/defaults", GET=reads(quotas.show_default_quotas)),
    _at("os-quota-class-sets/<name>", GET=rules(quotas.show_class), PUT=rules(quotas.change_class)),
    _at("os-services", GET=rules(operators.list_services)),
    _at("os-services/<what>", PUT=rules(operators.change_service)),
    _at("os-hosts", GET=rules(operators.list_hosts)),
    _at("os-hosts/<name>", GET=rules(operators.show_host)),
    _at("scheduler-stats/get_pools", GET=rules(operators.list_pools)),
    _at("capabilities/<name>", GET=rules(operators.show_capabilities)),
    _at("os-availability-zone", GET=reads(besides.list_zones)),
    _at("extensions", GET=reads(besides.list_extensions)),
    _at("extensions/<alias>", GET=reads(besides.show_extension)),
    _at("resource_filters", GET=reads(besides.list_filters)),
    _at("messages", GET=reads(messages.list_messages)),
    _at("messages/<id>", GET=reads(messages.show_message), DELETE=writes(messages.delete_message)),
]
API = [*VOLUMES, *COPIES, *TYPES, *GROUPS, *BESIDES]

urlpatterns: list[URLPattern | URLResolver] = [
    route("", VOLUME.dialect, auth=False, GET=besides.list_versions),
    route("v3", VOLUME.dialect, auth=False, GET=besides.show_version),
    re_path(rf"^v3/(?:{PROJECT}/)?{NAMELESS}", include([unknown(VOLUME.dialect)])),
    re_path(rf"^v3/(?:{PROJECT}/)?", include(API)),
]
