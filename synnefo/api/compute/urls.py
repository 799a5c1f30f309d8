"""Every address of Nova's API that answers here, below ``/compute``, with the role and the versions each needs.

The same routes answer below ``/compute/v2.1/{project}`` too, and below ``/compute/v2``, where old clients look.
"""

from django.urls import URLPattern, URLResolver, include, re_path

from synnefo.api.compute.gates import PROJECT, admin, at, member, reader
from synnefo.api.compute.versions import COMPUTE, Since
from synnefo.api.compute.views import (
    actions,
    aggregates,
    consoles,
    diagnostics,
    discovery,
    empty,
    events,
    flavors,
    floating_ips,
    groups,
    hosts,
    images,
    interfaces,
    keypairs,
    metadata,
    migrations,
    networks,
    old_volumes,
    quotas,
    security_groups,
    servers,
    services,
    tags,
    timeline,
    usage,
    volumes,
)
from synnefo.api.kernel.routing import removed, route

_HOSTS, _METADATA = Since.NO_HOSTS - 1, Since.NO_IMAGE_METADATA - 1
_PROXIES, _DIET = Since.NO_PROXIES - 1, Since.HYPERVISOR_DIET - 1
API = [
    at("servers", GET=reader(servers.list_servers), POST=member(servers.create_server)),
    at("servers/detail", GET=reader(servers.list_servers_in_detail)),
    at(
        "servers/<server_id>",
        GET=reader(servers.show_server),
        PUT=member(servers.change_server),
        DELETE=member(servers.delete_server),
    ),
    at("servers/<server_id>/action", POST=member(actions.act_on_server)),
    at(
        "servers/<server_id>/metadata",
        GET=reader(metadata.list_metadata),
        POST=member(metadata.merge_metadata),
        PUT=member(metadata.replace_metadata),
    ),
    at(
        "servers/<server_id>/metadata/<key>",
        GET=reader(metadata.show_metadata_item),
        PUT=member(metadata.set_metadata_item),
        DELETE=member(metadata.delete_metadata_item),
    ),
    at("servers/<server_id>/ips", GET=reader(interfaces.list_addresses)),
    at("servers/<server_id>/ips/<label>", GET=reader(interfaces.list_addresses_of_network)),
    at(
        "servers/<server_id>/os-interface",
        GET=reader(interfaces.list_interfaces),
        POST=member(interfaces.add_interface),
    ),
    at(
        "servers/<server_id>/os-interface/<port_id>",
        GET=reader(interfaces.show_interface),
        DELETE=member(interfaces.remove_interface),
    ),
    at("servers/<server_id>/os-security-groups", GET=reader(interfaces.list_security_groups_of_server)),
    at("servers/<server_id>/os-instance-actions", GET=reader(timeline.list_instance_actions)),
    at("servers/<server_id>/os-instance-actions/<request_id>", GET=reader(timeline.show_instance_action)),
    at(
        "servers/<server_id>/os-volume_attachments",
        GET=reader(volumes.list_attachments),
        POST=member(volumes.attach_volume),
    ),
    at(
        "servers/<server_id>/os-volume_attachments/<volume_id>",
        GET=reader(volumes.show_attachment),
        PUT=member(volumes.change_attachment),
        DELETE=member(volumes.detach_volume),
    ),
    at("servers/<server_id>/remote-consoles", POST=member(consoles.open_console, since=Since.REMOTE_CONSOLES)),
    at(
        "servers/<server_id>/tags",
        GET=reader(tags.list_tags, since=Since.TAGS),
        PUT=member(tags.replace_tags, since=Since.TAGS),
        DELETE=member(tags.remove_tags, since=Since.TAGS),
    ),
    at(
        "servers/<server_id>/tags/<tag>",
        GET=reader(tags.check_tag, since=Since.TAGS),
        PUT=member(tags.add_tag, since=Since.TAGS),
        DELETE=member(tags.remove_tag, since=Since.TAGS),
    ),
    at(
        "servers/<server_id>/migrations",
        GET=reader(migrations.list_migrations_of_server, since=Since.SERVER_MIGRATIONS),
    ),
    at(
        "servers/<server_id>/migrations/<migration_id>",
        GET=reader(migrations.show_migration, since=Since.SERVER_MIGRATIONS),
        DELETE=member(migrations.abort_migration, since=Since.ABORT),
    ),
    at(
        "servers/<server_id>/migrations/<migration_id>/action",
        POST=member(migrations.act_on_migration, since=Since.FORCE_COMPLETE),
    ),
    at("servers/<server_id>/diagnostics", GET=reader(diagnostics.show_diagnostics)),
    at(
        "servers/<server_id>/os-server-password",
        GET=reader(empty.show_password),
        DELETE=member(empty.forget_password),
    ),
    at(
        "servers/<server_id>/shares",
        GET=reader(empty.list_shares, since=Since.SHARES),
        POST=member(empty.attach_share, since=Since.SHARES),
    ),
    at(
        "servers/<server_id>/shares/<share_id>",
        GET=reader(empty.show_share, since=Since.SHARES),
        DELETE=member(empty.show_share, since=Since.SHARES),
    ),
    at("servers/<server_id>/topology", GET=reader(empty.show_topology, since=Since.TOPOLOGY)),
    at("flavors", GET=reader(flavors.list_flavors), POST=admin(flavors.create_flavor)),
    at("flavors/detail", GET=reader(flavors.list_flavors_in_detail)),
    at(
        "flavors/<flavor_id>",
        GET=reader(flavors.show_flavor),
        PUT=admin(flavors.describe_flavor, since=Since.FLAVOR_DESCRIPTION),
        DELETE=admin(flavors.delete_flavor),
    ),
    at("flavors/<flavor_id>/action", POST=admin(flavors.act_on_flavor)),
    at("flavors/<flavor_id>/os-flavor-access", GET=admin(flavors.list_flavor_access)),
    at(
        "flavors/<flavor_id>/os-extra_specs",
        GET=reader(flavors.list_extra_specs),
        POST=admin(flavors.set_extra_specs),
    ),
    at(
        "flavors/<flavor_id>/os-extra_specs/<key>",
        GET=reader(flavors.show_extra_spec),
        PUT=admin(flavors.set_extra_spec),
        DELETE=admin(flavors.delete_extra_spec),
    ),
    at("images/", GET=reader(images.list_images, until=_PROXIES), DELETE=member(images.delete_image, until=_PROXIES)),
    at("images", GET=reader(images.list_images, until=_PROXIES)),
    at("images/detail", GET=reader(images.list_images_in_detail, until=_PROXIES)),
    at(
        "images/<image_id>",
        GET=reader(images.show_image, until=_PROXIES),
        DELETE=member(images.delete_image, until=_PROXIES),
    ),
    at(
        "images/<image_id>/metadata",
        GET=reader(images.list_metadata, until=_METADATA),
        POST=member(images.merge_metadata, until=_METADATA),
        PUT=member(images.replace_metadata, until=_METADATA),
    ),
    at(
        "images/<image_id>/metadata/<key>",
        GET=reader(images.show_metadata_item, until=_METADATA),
        PUT=member(images.set_metadata_item, until=_METADATA),
        DELETE=member(images.delete_metadata_item, until=_METADATA),
    ),
    at("os-keypairs", GET=reader(keypairs.list_keypairs), POST=member(keypairs.create_keypair)),
    at("os-keypairs/<name>", GET=reader(keypairs.show_keypair), DELETE=member(keypairs.delete_keypair)),
    at("limits", GET=reader(quotas.show_limits)),
    at(
        "os-quota-sets/<project>",
        GET=reader(quotas.show_quotas),
        PUT=admin(quotas.set_quotas),
        DELETE=admin(quotas.reset_quotas),
    ),
    at("os-quota-sets/<project>/detail", GET=reader(quotas.show_quotas_in_detail)),
    at("os-quota-sets/<project>/defaults", GET=reader(quotas.show_default_quotas)),
    at("os-availability-zone", GET=reader(hosts.list_zones)),
    at("os-availability-zone/detail", GET=admin(hosts.list_zones_in_detail)),
    at("os-services", GET=admin(services.list_services)),
    at("os-services/<action>", PUT=admin(services.change_service)),
    at("os-hosts", GET=admin(services.list_hosts, until=_HOSTS)),
    at(
        "os-hosts/<host>",
        GET=admin(services.show_host, until=_HOSTS),
        PUT=admin(services.change_host, until=_HOSTS),
    ),
    at("os-hosts/<host>/<action>", GET=admin(services.power_host, until=_HOSTS)),
    at("os-hypervisors", GET=admin(hosts.list_hypervisors)),
    at("os-hypervisors/detail", GET=admin(hosts.list_hypervisors_in_detail)),
    at("os-hypervisors/statistics", GET=admin(hosts.show_statistics, until=_DIET)),
    at("os-hypervisors/<hypervisor>", GET=admin(hosts.show_hypervisor)),
    at("os-hypervisors/<hypervisor>/uptime", GET=admin(hosts.show_uptime, until=_DIET)),
    at("os-hypervisors/<hypervisor>/search", GET=admin(hosts.search_hypervisors, until=Since.UUIDS - 1)),
    at("os-hypervisors/<hypervisor>/servers", GET=admin(hosts.list_servers_of_hypervisors, until=Since.UUIDS - 1)),
    at("os-server-external-events", POST=admin(events.tell_events)),
    at("os-simple-tenant-usage/", GET=reader(usage.show_usage)),
    at("os-simple-tenant-usage", GET=admin(usage.list_usage)),
    at("os-simple-tenant-usage/<project>", GET=reader(usage.show_usage)),
    at("os-instance_usage_audit_log", GET=admin(usage.list_audits)),
    at("os-instance_usage_audit_log/<moment>", GET=admin(usage.show_audit)),
    at("os-quota-class-sets/<name>", GET=admin(quotas.show_default_limits), PUT=admin(quotas.set_default_limits)),
    at("os-networks", GET=reader(networks.list_networks, until=_PROXIES)),
    at("os-networks/<network_id>", GET=reader(networks.show_network, until=_PROXIES)),
    at("os-tenant-networks", GET=reader(networks.list_networks, until=_PROXIES)),
    at("os-tenant-networks/<network_id>", GET=reader(networks.show_network, until=_PROXIES)),
    at(
        "os-volumes/",
        GET=reader(old_volumes.show_volume, until=_PROXIES),
        DELETE=member(old_volumes.delete_volume, until=_PROXIES),
    ),
    at(
        "os-volumes",
        GET=reader(old_volumes.list_volumes, until=_PROXIES),
        POST=member(old_volumes.create_volume, until=_PROXIES),
    ),
    at("os-volumes/detail", GET=reader(old_volumes.list_volumes, until=_PROXIES)),
    at(
        "os-volumes/<volume_id>",
        GET=reader(old_volumes.show_volume, until=_PROXIES),
        DELETE=member(old_volumes.delete_volume, until=_PROXIES),
    ),
    at(
        "os-snapshots",
        GET=reader(old_volumes.list_snapshots, until=_PROXIES),
        POST=member(old_volumes.create_snapshot, until=_PROXIES),
    ),
    at("os-snapshots/detail", GET=reader(old_volumes.list_snapshots, until=_PROXIES)),
    at(
        "os-snapshots/<snapshot_id>",
        GET=reader(old_volumes.show_snapshot, until=_PROXIES),
        DELETE=member(old_volumes.delete_snapshot, until=_PROXIES),
    ),
    at(
        "os-floating-ips",
        GET=reader(floating_ips.list_floating_ips, until=_PROXIES),
        POST=member(floating_ips.create_floating_ip, until=_PROXIES),
    ),
    at(
        "os-floating-ips/<id>",
        GET=reader(floating_ips.show_floating_ip, until=_PROXIES),
        DELETE=member(floating_ips.release_floating_ip, until=_PROXIES),
    ),
    at("os-floating-ip-pools", GET=reader(floating_ips.list_pools, until=_PROXIES)),
    at(
        "os-security-groups/",
        GET=reader(security_groups.list_groups, until=_PROXIES),
        DELETE=member(security_groups.delete_group, until=_PROXIES),
    ),
    at(
        "os-security-groups",
        GET=reader(security_groups.list_groups, until=_PROXIES),
        POST=member(security_groups.create_group, until=_PROXIES),
    ),
    at(
        "os-security-groups/<id>",
        GET=reader(security_groups.show_group, until=_PROXIES),
        PUT=member(security_groups.change_group, until=_PROXIES),
        DELETE=member(security_groups.delete_group, until=_PROXIES),
    ),
    at("os-security-group-rules", POST=member(security_groups.create_rule, until=_PROXIES)),
    at("os-security-group-rules/<id>", DELETE=member(security_groups.delete_rule, until=_PROXIES)),
    at("os-aggregates", GET=admin(aggregates.list_aggregates), POST=admin(aggregates.create_aggregate)),
    at(
        "os-aggregates/<aggregate_id>",
        GET=admin(aggregates.show_aggregate),
        PUT=admin(aggregates.change_aggregate),
        DELETE=admin(aggregates.delete_aggregate),
    ),
    at("os-aggregates/<aggregate_id>/action", POST=admin(aggregates.act_on_aggregate)),
    at("os-migrations", GET=admin(migrations.list_migrations)),
    at("os-server-groups", GET=reader(groups.list_server_groups), POST=member(groups.create_server_group)),
    at(
        "os-server-groups/<group_id>",
        GET=reader(groups.show_server_group),
        DELETE=member(groups.delete_server_group),
    ),
    at("extensions", GET=reader(discovery.list_extensions)),
    at("extensions/<alias>", GET=reader(discovery.show_extension)),
]

# What Nova answers with 410: of nova-network and of what it has forgotten since.
API += [
    removed(COMPUTE, pattern)
    for pattern in (
        *("os-agents", "os-cells", "os-certificates", "os-cloudpipe", "os-fixed-ips", "os-floating-ip-dns"),
        *("os-floating-ips-bulk", "os-fping", "os-security-group-default-rules"),
        *("servers/<server_id>/consoles", "servers/<server_id>/os-virtual-interfaces"),
    )
]

urlpatterns: list[URLPattern | URLResolver] = [
    route("", COMPUTE, auth=False, GET=discovery.list_versions),
    route("v2.1", COMPUTE, auth=False, GET=discovery.show_version),
    re_path(rf"^v2\.1/(?:{PROJECT}/)?", include(API)),
    route("v2", COMPUTE, auth=False, GET=discovery.show_old_version),
    re_path(rf"^v2/(?:{PROJECT}/)?", include(API)),
]
