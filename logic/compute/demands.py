"""What a flavor's extra specs demand of the cluster and of the guest: their form, and whether a server of ours keeps them. Pure.

Called by ``flavors``, which keeps them whatever they demand, as Nova does; and by ``creating``, ``resizing`` and ``adopting``,
which make no server whose demands nobody keeps. What has none of Nova's names is a note (``ganeti:disk_template`` is ours, and
looked at where disks are).
"""

import functools
import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from logic.errors import BadRequest

# Name, form of its value, and the values that any guest keeps as it is (-: none). All are regular expressions, or words of
# _WORDS; the first name that matches counts. The names and forms are those of Nova's reference of extra specs. Of resources,
# traits and capabilities, whose names are not its alone, any that is well formed is taken: no server has one anyway.
_TABLE: Final = r"""
hw:boot_menu                                    flag                             no
hw:cpu_policy                                   dedicated|shared|mixed           shared
hw:cpu_thread_policy                            prefer|isolate|require           prefer
hw:emulator_threads_policy                      share|isolate                    share
hw:cpu_dedicated_mask                           cpus                             -
hw:cpu_realtime                                 flag                             no
hw:cpu_realtime_mask                            cpus                             -
hw:(max_)?cpu_(sockets|cores|threads)           count                            -
hw:ephemeral_encryption                         flag                             no
hw:ephemeral_encryption_format                  text                             -
hw:hide_hypervisor_id                           flag                             no
hw:locked_memory                                flag                             no
hw:maxphysaddr_bits                             whole                            -
hw:maxphysaddr_mode                             passthrough|emulate              -
hw:mem_encryption                               flag                             no
hw:mem_encryption_model                         amd-sev(-es)?                    -
hw:mem_page_size                                pages                            any|small
hw:numa_nodes                                   count                            0*1
hw:numa_cpus\.\d+                               cpus                             -
hw:numa_mem\.\d+                                count                            -
hw:pci_numa_affinity_policy                     required|preferred|legacy|socket preferred|legacy
hw:pmem                                         text                             -
hw:pmu                                          flag                             -
hw:redirected_usb_ports                         whole                            0+
hw:serial_port_count                            whole                            -
hw:sound_model                                  text                             -
hw:tpm_model                                    tpm-(tis|crb)                    -
hw:tpm_secret_security                          user|host|deployment             -
hw:tpm_version                                  1\.2|2\.0                        -
hw:usb_model                                    text                             -
hw:vif_multiqueue_enabled                       flag                             -
hw:viommu_model                                 auto|intel|smmuv3|virtio         -
hw:virtio_packed_ring                           flag                             no
hw:watchdog_action                              none|pause|poweroff|reset|disabled disabled
hw_rng:allowed                                  flag                             flag
hw_rng:rate_(bytes|period)                      whole                            -
hw_video:ram_max_mb                             whole                            -
os:secure_boot                                  disabled|required                disabled
hide_hypervisor_id                              flag                             no
quota:(cpu|memory|disk_io|vif)_(limit|reservation|shares_share) number           -
quota:(cpu|memory|disk_io|vif)_shares_level     text                             -
quota:cpu_(shares|period|quota)                 whole                            -
quota:disk_(read|write|total)_(bytes|iops)_sec  whole                            0+
quota:disk_(read|write|total)_(bytes|iops)_sec_max(_length)? whole               -
quota:vif_(inbound|outbound)_(average|peak|burst) whole                          -
resources[\w-]{0,64}:[A-Z][A-Z0-9_]*            number                           -
trait[\w-]{0,64}:CUSTOM_[A-Z0-9_]+              required|forbidden               forbidden
trait[\w-]{0,64}:[A-Z][A-Z0-9_]*                required|forbidden               -
group_policy                                    isolate|none                     none
capabilities:\w+(:\w+)*                         text                             -
aggregate_instance_extra_specs:.+               text                             -
accel:device_profile                            text                             -
pci_passthrough:alias                           devices                          -
powervm:\w+                                     text                             -
vmware:(hw_version|storage_policy)              text                             -
"""
_WORDS: Final = {
    "flag": r"(?i:1|t|true|on|y|yes|0|f|false|off|n|no)",
    "no": r"(?i:0|f|false|off|n|no)",
    "text": r"(?s:.*)",
    "number": r"-?\d+",
    "whole": r"\d+",
    "count": r"0*[1-9]\d*",
    "cpus": r"\^?\d+(-\d+)?(,\^?\d+(-\d+)?)*",
    "pages": r"large|small|any|\d+([kKMGT]i?)?(b|bit|B)?",
    "devices": r"[^:,]+:\d+(,[^:,]+:\d+)*",
    "-": r"(?!)",
}
_NAMESPACE: Final = re.compile(
    r"(hw|hw_rng|hw_video|os|quota|resources[\w-]{0,64}|trait[\w-]{0,64}|capabilities|aggregate_instance_extra_specs|accel"
    r"|pci_passthrough|powervm|vmware):.*",
    re.DOTALL,
)


class Demand(NamedTuple):
    """A line of the table."""

    name: re.Pattern[str]
    form: re.Pattern[str]
    kept: re.Pattern[str]


def _demand(line: str) -> Demand:
    name, form, kept = line.split()
    return Demand(re.compile(name), re.compile(_WORDS.get(form, form)), re.compile(_WORDS.get(kept, kept)))


_DEMANDS: Final = [_demand(line) for line in _TABLE.strip().splitlines()]


@functools.lru_cache(1024)
def _of(key: str) -> Demand | None:
    return next((one for one in _DEMANDS if one.name.fullmatch(key)), None)


def check_form(specs: Mapping[str, str]) -> None:
    """Is what has one of Nova's names well formed? Raises :class:`BadRequest`."""
    for key, value in specs.items():
        demand = _of(key)
        if demand is None and _NAMESPACE.fullmatch(key):
            raise BadRequest(reason=f"Validation failed; extra spec '{key}' does not appear to be a valid extra spec.")
        if demand and not demand.form.fullmatch(value):
            raise BadRequest(reason=f"Validation failed; '{value}' is no value of the extra spec '{key}'.")


def unkept(specs: Mapping[str, str]) -> list[str]:
    """Those that no cluster keeps, as ``name=value``; also what nobody can make out."""
    return [f"{key}={value}" for key, value in specs.items() if not _is_kept(key, value)]


def _is_kept(key: str, value: str) -> bool:
    demand = _of(key)
    return bool(demand.kept.fullmatch(value)) if demand else not _NAMESPACE.fullmatch(key)


def check_kept(flavor: str, specs: Mapping[str, str]) -> None:
    """May a server have this flavor? Raises :class:`BadRequest`."""
    if wanted := unkept(specs):
        raise BadRequest(
            reason=f"No valid host was found. Flavor {flavor} demands {', '.join(wanted)}, which no cluster of this cloud keeps."
            " Choose another flavor."
        )
