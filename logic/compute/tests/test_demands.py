"""What extra specs demand: which are well formed, and which a server of ours keeps."""

import pytest

from logic.compute import demands
from logic.errors import BadRequest

# Well formed; kept by any guest, or by none.
KEPT = {
    "note": "anything",
    "site:note": "anything",
    "ganeti:disk_template": "plain",
    "hw:numa_nodes": "1",
    "hw:cpu_policy": "shared",
    "hw:mem_page_size": "any",
    "hw:cpu_realtime": "False",
    "hw:watchdog_action": "disabled",
    "hw_rng:allowed": "yes",
    "os:secure_boot": "disabled",
    "quota:disk_read_iops_sec": "0",
    "trait:CUSTOM_FAST": "forbidden",
}
UNKEPT = {
    "hw:numa_nodes": "2",
    "hw:numa_cpus.0": "0-3,^2",
    "hw:cpu_policy": "dedicated",
    "hw:max_cpu_sockets": "2",
    "hw:mem_page_size": "2048",
    "hw:mem_encryption": "1",
    "quota:disk_total_bytes_sec": "1024",
    "quota:cpu_shares": "10",
    "quota:vif_outbound_peak": "1",
    "trait:CUSTOM_FAST": "required",
    "trait:HW_CPU_X86_VMX": "forbidden",
    "resources:VGPU": "1",
    "resources_a:CUSTOM_GOLD": "1",
    "capabilities:cpu_info:vendor": "s== Intel",
    "aggregate_instance_extra_specs:ssd": "true",
    "accel:device_profile": "fpga",
    "pci_passthrough:alias": "gpu:1,nic:2",
    "hide_hypervisor_id": "true",
}
MALFORMED = {
    "hw:numa_nodes": "0",
    "hw:cpu_policy": "sharedish",
    "hw:cpu_realtime": "perhaps",
    "hw:mem_page_size": "huge",
    "hw:unheard_of": "1",
    "hw:numa_cpus": "0",
    "quota:disk": "1",
    "trait:CUSTOM_FAST": "wanted",
    "resources:vgpu": "1",
    "pci_passthrough:alias": "gpu",
    "group_policy": "any",
}


@pytest.mark.parametrize("key", KEPT)
def test_what_any_guest_keeps_is_no_obstacle(key):
    specs = {key: KEPT[key]}
    demands.check_form(specs)
    demands.check_kept("f", specs)


@pytest.mark.parametrize("key", UNKEPT)
def test_what_no_cluster_keeps_may_be_noted_and_has_no_servers(key):
    specs = {key: UNKEPT[key]}
    demands.check_form(specs)
    with pytest.raises(BadRequest, match="No valid host was found"):
        demands.check_kept("f", specs)


@pytest.mark.parametrize("key", MALFORMED)
def test_what_is_malformed_or_unknown_is_refused_and_is_kept_by_nobody(key):
    specs = {key: MALFORMED[key]}
    with pytest.raises(BadRequest, match="Validation failed"):
        demands.check_form(specs)
    assert demands.unkept(specs)
