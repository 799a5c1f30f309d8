"""``tempest.conf``: the suite's options, by the sections that it has."""

from pathlib import Path

from synnefo.testing.tempest.cloud import Found

Options = dict[str, str | bool | int]


def text(found: Found, folder: Path) -> str:
    """The file. ``folder`` is the suite's own, for its locks and logs."""
    return "".join(_section(name, options) for name, options in _options(found, folder).items())


def _section(name: str, options: Options) -> str:
    lines = [f"{key} = {value}" for key, value in options.items()]
    return "\n".join([f"[{name}]", *lines, "", ""])


def _options(found: Found, folder: Path) -> dict[str, Options]:
    return {
        "DEFAULT": {"log_file": str(folder / "tempest.log"), "resource_name_prefix": "tempest"},
        "oslo_concurrency": {"lock_path": str(folder / "locks")},
        **_people(found),
        "service_available": {
            "nova": True,
            "glance": True,
            "neutron": True,
            "cinder": True,
            "swift": False,
            "horizon": False,
        },
        "service-clients": {"http_timeout": 120},
        "validation": {"run_validation": False},  # no guest runs behind the simulator
        **_compute(found),
        **_image(),
        **_network(found),
        **_volume(found),
    }


def _people(found: Found) -> dict[str, Options]:
    """Each class of tests makes projects and users of its own, as the administrator."""
    return {
        "auth": {
            "use_dynamic_credentials": True,
            "create_isolated_networks": True,
            "admin_username": found.user,
            "admin_password": found.password,
            "admin_project_name": found.project,
            "admin_domain_name": "Default",
        },
        "identity": {
            "uri_v3": found.identity,
            "auth_version": "v3",
            "region": found.region,
            "default_domain_id": "default",
            "admin_role": "admin",
            "v3_endpoint_type": "public",
        },
        "identity-feature-enabled": {
            "trust": False,
            "api_extensions": "OS-EC2,OS-INHERIT",
            "access_rules": True,
            "domain_specific_drivers": False,
            "security_compliance": False,
            "immutable_user_source": False,
        },
    }


def _compute(found: Found) -> dict[str, Options]:
    return {
        "compute": {
            "image_ref": found.images[0],
            "image_ref_alt": found.images[1],
            "flavor_ref": found.flavor,
            "flavor_ref_alt": found.flavor_alt,
            "min_compute_nodes": 1,
            "build_timeout": 120,
            "build_interval": 1,
            "endpoint_type": "publicURL",
            "shelved_offload_time": 0,  # as the embedded cloud has it
            "min_microversion": "2.1",
            "max_microversion": found.compute,
        },
        "compute-feature-enabled": {
            "disk_config": True,
            "change_password": False,
            "console_output": True,
            "resize": True,
            "pause": True,
            "suspend": False,
            "shelve": True,
            "shelve_migrate": False,
            "rescue": True,
            "stable_rescue": False,
            "cold_migration": False,
            "live_migration": False,
            "metadata_service": False,
            "vnc_console": True,
            "enable_instance_password": True,
            "interface_attach": True,
            "snapshot": True,
            "personality": False,
            "config_drive": True,
            "attach_encrypted_volume": False,
            "swap_volume": False,
            "volume_multiattach": False,
            "ide_bus": False,
            "unified_limits": False,
        },
    }


def _image() -> dict[str, Options]:
    return {
        "image": {
            "endpoint_type": "publicURL",
            "build_timeout": 120,
            "container_formats": "bare",
            "disk_formats": "qcow2,raw",
        },
        "image-feature-enabled": {
            "import_image": True,
            "manage_locations": False,
            "do_secure_hash": True,
            "image_conversion": False,
            "image_format_enforcement": False,
            "os_glance_reserved": True,
        },
    }


def _network(found: Found) -> dict[str, Options]:
    return {
        "network": {
            "public_network_id": found.public,
            "floating_network_name": found.public_name,
            "project_network_cidr": "10.100.0.0/16",
            "project_network_mask_bits": 28,
            "project_networks_reachable": False,
            "endpoint_type": "publicURL",
        },
        "network-feature-enabled": {
            "floating_ips": True,
            "ipv6": True,
            "ipv6_subnet_attributes": False,
            "port_security": True,
            "port_admin_state_change": False,
            "api_extensions": ",".join(found.extensions),
        },
    }


def _volume(found: Found) -> dict[str, Options]:
    return {
        "volume": {
            "catalog_type": "block-storage",
            "endpoint_type": "publicURL",
            "build_timeout": 120,
            "volume_size": 1,
            "volume_size_extend": 1,
            "disk_format": "raw",
            "vendor_name": "Synnefo",
            "storage_protocol": "ganeti",
            "min_microversion": "3.0",
            "max_microversion": found.volume,
        },
        "volume-feature-enabled": {
            "backup": True,
            "snapshot": True,
            "clone": True,
            "multi_backend": False,
            "manage_snapshot": False,
            "manage_volume": False,
            "extend_attached_volume": False,
            "extend_volume_with_snapshot": True,
            "api_extensions": "all",
        },
    }
