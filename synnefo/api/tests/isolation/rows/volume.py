"""Cinder's."""

from typing import Any

from synnefo.api.tests.isolation.rows import (
    NEITHER,
    Row,
    above_members,
    admins,
    delete,
    get,
    members,
    post,
    public,
    put,
    readers,
)

V = "volume/v3"
# What is offered is for whoever knows its key; Cinder tells a wrong key from no offer.
TAKERS = dict.fromkeys(("member", "colleague", "robot", "member there"), (400, 400, 404))
CONNECTOR = {"attachment": {"connector": {"host": "h", "ip": "192.0.2.1"}}}
ITEMS, ITEM = {"metadata": {"key": "value"}}, {"meta": {"key": "value"}}


def _at(way: Any, path: str, who: Any, **about: Any) -> Row:
    return way(f"{V}/{path}", who, headers={"openstack-api-version": "volume latest"}, **about)


def _action(name: str, value: Any, who: Any, *, path: str = "volumes/{it}", it: str = "volume", note: str = "") -> Row:
    return _at(post, f"{path}/action", who, it=it, body={name: value}, note=note or name)


def _things(path: str, it: str, change: Any, own: int = 202) -> list[Row]:
    """The ways of reading, changing and deleting that all collections have."""
    return [
        _at(get, path, readers()),
        _at(get, f"{path}?all_tenants=1", readers()),
        _at(get, f"{path}?marker={{it}}", readers(), it=it),
        _at(get, f"{path}?id={{it}}", readers(missing=200), it=it),
        _at(get, f"{path}/detail", readers()),
        _at(get, f"{path}/detail?all_tenants=1", readers()),
        _at(get, f"{path}/{{it}}", readers(), it=it),
        *([_at(put, f"{path}/{{it}}", members(), it=it, body=change)] if change else []),
        _at(delete, f"{path}/{{it}}", members(own=own), it=it),
    ]


def _metadata(path: str, it: str) -> list[Row]:
    return [
        _at(get, f"{path}/{{it}}/metadata", readers(), it=it),
        _at(post, f"{path}/{{it}}/metadata", members(), it=it, body=ITEMS),
        _at(put, f"{path}/{{it}}/metadata", members(), it=it, body=ITEMS),
        _at(get, f"{path}/{{it}}/metadata/key", readers(), it=it),
        _at(put, f"{path}/{{it}}/metadata/key", members(), it=it, body=ITEM),
        _at(delete, f"{path}/{{it}}/metadata/key", members(), it=it),
    ]


def _volume(**more: Any) -> dict[str, Any]:
    return {"volume": {"size": 1, **more}}


VOLUMES = [
    *_things("volumes", "volume", {"volume": {"name": "new"}}),
    _at(get, "volumes?all_tenants=1&project_id={it}", readers(missing=200), it="project"),
    _at(get, "volumes/summary", readers()),
    _at(get, "volumes/summary?all_tenants=1", readers()),
    _at(get, "{it}/volumes", readers(missing=400, admins=(400, 400), refused=400), it="project"),
    _at(post, "volumes", members(own=202), body=_volume()),
    _at(post, "volumes", members(own=202), it="image", body=_volume(imageRef="{it}"), note="from an image"),
    _at(post, "volumes", members(own=202), it="volume", body=_volume(source_volid="{it}"), note="from a volume"),
    _at(post, "volumes", members(own=202), it="snapshot", body=_volume(snapshot_id="{it}"), note="from a snapshot"),
    _at(post, "volumes", members(own=202), it="backup", body=_volume(backup_id="{it}"), note="from a backup"),
    *_metadata("volumes", "volume"),
    _at(get, "volumes/{it}/encryption", readers(), it="volume"),
    _at(get, "volumes/{it}/encryption/cipher", readers(), it="volume"),
    _action("os-extend", {"new_size": 2}, members(own=202)),
    _action("os-retype", {"new_type": "x"}, members(own=404)),
    _action("os-set_bootable", {"bootable": True}, members()),
    _action("os-update_readonly_flag", {"readonly": False}, members(own=202)),
    _action("os-reset_status", {"status": "error"}, above_members(own=202)),
    _action("os-force_delete", {}, above_members(own=202)),
    _action("os-attach", {"instance_uuid": "{server}"}, members(own=202, admins=NEITHER)),
    _action(
        "os-attach",
        {"instance_uuid": "{it}"},
        members(own=202, admins=NEITHER),
        path="volumes/{volume}",
        it="server",
        note="os-attach to",
    ),
    _action("os-detach", {}, members(own=202)),
    _action("os-force_detach", {}, above_members(own=202)),
    _action("os-reserve", {}, members(own=202)),
    _action("os-unreserve", {}, members(own=202)),
    _action("os-begin_detaching", {}, members(own=400)),
    _action("os-roll_detaching", {}, members(own=202)),
    _action("os-set_image_metadata", {"metadata": {"a": "b"}}, members()),
    _action("os-unset_image_metadata", {"key": "a"}, members(own=404)),
    _action("os-show_image_metadata", {}, members()),
    _action("revert", {"snapshot_id": "{snapshot}"}, members(own=400, admins=NEITHER)),
    _action(
        "revert",
        {"snapshot_id": "{it}"},
        members(own=400, admins=NEITHER),
        path="volumes/{volume}",
        it="snapshot",
        note="revert to",
    ),
    _action("os-reimage", {"image_id": "{image}"}, members(own=202)),
    _action("os-volume_upload_image", {"image_name": "x"}, members(own=501)),
    _action(
        "os-reimage", {"image_id": "{it}"}, members(own=202), path="volumes/{volume}", it="image", note="os-reimage of"
    ),
    *_things("attachments", "attached", None, own=409),
    *[
        row
        for it, complete in (("attached", 204), ("reserved", 400))
        for row in [
            _at(put, "attachments/{it}", members(own=501), it=it, body=CONNECTOR, note=it),
            _at(post, "attachments/{it}/action", members(own=complete), it=it, body={"os-complete": {}}, note=it),
        ]
    ],
    _at(get, "attachments/{it}", readers(), it="reserved", note="reserved"),
    _at(get, "attachments?marker={it}", readers(), it="reserved", note="reserved"),
    _at(get, "attachments?id={it}", readers(missing=200), it="reserved", note="reserved"),
    _at(delete, "attachments/{it}", members(), it="reserved", note="reserved"),
    _action(
        "os-detach",
        {"attachment_id": "{it}"},
        members(own=404),
        path="volumes/{volume}",
        it="reserved",
        note="of another",
    ),
    *[
        _at(
            post,
            "attachments",
            members(own=own),
            it="volume",
            body={"attachment": {"volume_uuid": "{it}", "instance_uuid": "{server}", "connector": connector}},
            note=note,
        )
        for own, connector, note in ((200, {}, "to reserve"), (501, CONNECTOR["attachment"]["connector"], "to connect"))
    ],
]
COPIES = [
    *_things("snapshots", "snapshot", {"snapshot": {"name": "new"}}),
    _at(post, "snapshots", members(own=202), it="volume", body={"snapshot": {"volume_id": "{it}"}}),
    _action("os-reset_status", {"status": "error"}, above_members(own=202), path="snapshots/{it}", it="snapshot"),
    *_metadata("snapshots", "snapshot"),
    *_things("backups", "backup", {"backup": {"name": "new"}}),
    _at(post, "backups", members(own=202), it="volume", body={"backup": {"volume_id": "{it}"}}),
    _at(
        post,
        "backups",
        members(own=400, admins=NEITHER),
        it="snapshot",
        body={"backup": {"volume_id": "{volume}", "snapshot_id": "{it}"}},
        note="of a snapshot",
    ),
    _at(post, "backups/import_record", admins(own=501), body={}),
    _at(get, "backups/{it}/export_record", admins(own=501, missing=501), it="backup"),
    _at(post, "backups/{it}/restore", members(own=202), it="backup", body={"restore": {}}),
    _at(
        post,
        "backups/{backup}/restore",
        members(own=202),
        it="volume",
        body={"restore": {"volume_id": "{it}"}},
        note="into a volume",
    ),
    _action("os-reset_status", {"status": "error"}, above_members(own=202), path="backups/{it}", it="backup"),
    *[
        row
        for at in ("os-volume-transfer", "volume-transfers")
        for row in [
            *_things(at, "transfer", None),
            _at(post, at, members(own=202), it="volume", body={"transfer": {"volume_id": "{it}"}}),
            _at(
                post,
                f"{at}/{{it}}/accept",
                members(own=400, but=TAKERS),
                it="transfer",
                body={"accept": {"auth_key": "guess"}},
            ),
        ]
    ],
]
TYPES = [
    _at(get, "types", readers()),
    _at(post, "types", admins(), body={"volume_type": {"name": "x"}}),
    _at(get, "types/x", readers(own=404)),
    _at(put, "types/x", admins(own=404), body={"volume_type": {"name": "y"}}),
    _at(delete, "types/x", admins(own=404)),
    _at(post, "types/x/action", admins(own=404), body={"addProjectAccess": {"project": "{project}"}}),
    _at(get, "types/x/os-volume-type-access", admins(own=404)),
    _at(get, "types/x/extra_specs", readers(own=404)),
    _at(post, "types/x/extra_specs", admins(own=404), body={"extra_specs": {"a": "b"}}),
    _at(get, "types/x/extra_specs/a", readers(own=404)),
    _at(put, "types/x/extra_specs/a", admins(own=404), body={"a": "b"}),
    _at(delete, "types/x/extra_specs/a", admins(own=404)),
    _at(get, "types/x/encryption", admins(own=404)),
    _at(post, "types/x/encryption", admins(own=404), body={}),
    *[_at(way, "types/x/encryption/y", admins(own=404)) for way in (get, put, delete)],
    _at(get, "default-types", admins()),
    _at(get, "default-types/{it}", admins(own=404), it="project"),
    _at(
        put, "default-types/{it}", admins(own=404), it="project", body={"default_type": {"volume_type": "__DEFAULT__"}}
    ),
    _at(delete, "default-types/{it}", admins(own=204, missing=204), it="project"),
    _at(get, "qos-specs", admins()),
    _at(post, "qos-specs", admins(), body={"qos_specs": {"name": "x"}}),
    *[_at(way, "qos-specs/x", admins(own=404), body={"qos_specs": {"a": "b"}}) for way in (get, put, delete)],
    _at(put, "qos-specs/x/delete_keys", admins(own=404), body={"keys": ["a"]}),
    *[
        _at(get, f"qos-specs/x/{what}", admins(own=404))
        for what in ("associations", "associate?vol_type_id=y", "disassociate?vol_type_id=y", "disassociate_all")
    ],
]
NEW_GROUP = {"group_type": "plain", "volume_types": ["default"]}
GROUPS = [
    _at(get, "group_types", readers()),
    _at(post, "group_types", admins(own=202), body={"group_type": {"name": "x"}}),
    _at(get, "group_types/x", readers(own=404)),
    _at(put, "group_types/x", admins(own=404), body={"group_type": {"name": "y"}}),
    _at(delete, "group_types/x", admins(own=404)),
    _at(get, "group_types/x/group_specs", admins(own=404)),
    _at(post, "group_types/x/group_specs", admins(own=404), body={"group_specs": {"a": "b"}}),
    *[_at(way, "group_types/x/group_specs/a", admins(own=404), body={"a": "b"}) for way in (get, put, delete)],
    _at(get, "groups", readers()),
    _at(get, "groups?all_tenants=1", readers()),
    _at(get, "groups?marker={it}", readers(), it="volume_group"),
    _at(get, "groups/detail", readers()),
    _at(get, "groups/detail?all_tenants=1&list_volume=True", readers()),
    _at(post, "groups", members(own=202), body={"group": NEW_GROUP}),
    _at(get, "groups/{it}", readers(), it="volume_group"),
    _at(get, "groups/{it}?list_volume=True", readers(), it="volume_group"),
    _at(put, "groups/{it}", members(own=202), it="volume_group", body={"group": {"name": "new"}}),
    _at(
        put,
        "groups/{volume_group}",
        members(own=202, admins=NEITHER),
        it="volume",
        body={"group": {"add_volumes": "{it}"}},
        note="take in",
    ),
    _action("delete", {"delete-volumes": True}, members(own=202), path="groups/{it}", it="volume_group"),
    _action("reset_status", {"status": "error"}, above_members(own=202), path="groups/{it}", it="volume_group"),
    *[
        _at(
            post,
            "groups/action",
            members(own=own, admins=(own, 404)),
            it=it,
            body={"create-from-src": {key: "{it}"}},
            note=key,
        )
        for key, it, own in (("source_group_id", "volume_group", 400), ("group_snapshot_id", "group_snapshot", 202))
    ],
    _at(
        post,
        "volumes",
        members(own=202, admins=NEITHER),
        it="volume_group",
        body=_volume(volume_type="default", group_id="{it}"),
        note="in a group",
    ),
    _at(get, "group_snapshots", readers()),
    _at(get, "group_snapshots?all_tenants=1", readers()),
    _at(get, "group_snapshots?marker={it}", readers(), it="group_snapshot"),
    _at(get, "group_snapshots/detail", readers()),
    _at(post, "group_snapshots", members(own=400), it="volume_group", body={"group_snapshot": {"group_id": "{it}"}}),
    _at(get, "group_snapshots/{it}", readers(), it="group_snapshot"),
    _at(delete, "group_snapshots/{it}", members(own=202), it="group_snapshot"),
    _action("reset_status", {"status": "error"}, admins(own=202), path="group_snapshots/{it}", it="group_snapshot"),
]
BESIDES = [
    _at(get, "limits", readers()),
    _at(get, "limits?project_id={it}", readers(missing=200), it="project"),
    _at(get, "os-quota-sets/{it}", readers(missing=403, admins=(200, 200)), it="project"),
    _at(put, "os-quota-sets/{it}", admins(missing=200), it="project", body={"quota_set": {"volumes": 1}}),
    _at(delete, "os-quota-sets/{it}", admins(missing=200), it="project"),
    _at(get, "os-quota-sets/{it}/defaults", readers(missing=200), it="project"),
    _at(get, "os-quota-class-sets/default", admins()),
    _at(put, "os-quota-class-sets/default", admins(), body={"quota_class_set": {}}),
    _at(get, "os-services", admins()),
    _at(put, "os-services/enable", admins(own=404), body={}),
    _at(get, "os-hosts", admins()),
    _at(get, "os-hosts/x", admins(own=404)),
    _at(get, "scheduler-stats/get_pools", admins()),
    _at(get, "capabilities/x", admins(own=404)),
    _at(get, "os-availability-zone", readers()),
    _at(get, "extensions", readers()),
    _at(get, "extensions/x", readers(own=404)),
    _at(get, "resource_filters", readers()),
    _at(get, "messages", readers()),
    _at(get, "messages/x", readers(own=404)),
    _at(delete, "messages/x", members(own=404)),
]
ROWS = [get("volume", public(own=300)), get(V, public()), *VOLUMES, *COPIES, *TYPES, *GROUPS, *BESIDES]
