"""A guest that boots under QEMU behind our ifup and our address server has its addresses and is reached at them."""

import pytest

from contrib.tests.qemu import Qemu
from snf_node.tests.namespaces import bridged, inside
from synnefo.testing.guests import guest

pytestmark = [pytest.mark.servers, pytest.mark.slow, pytest.mark.timeout(300)]

ASK = "for second in $(seq 40); do busybox {0} -c 1 -w 1 {1} && exit 0; done; exit 1"


def test_a_real_guest_asks_is_given_its_addresses_and_answers_at_them(node, server, tmp_path):
    """Given as our cloud makes its interfaces: on no Ganeti network; and behind a firewall."""
    node.ip("tuntap add tap0 mode tap", "addr add 192.0.2.1/24 dev br0")
    node.ip("addr add 2001:db8::1/64 dev br0 nodad", version=6)
    nic = {name: value for name, value in bridged().items() if "NETWORK" not in name}
    node.brought_up(nic | {"TAGS": "synnefo:network:snf-nic-1:limited"})
    network = "tap,id=n0,ifname=tap0,script=no,downscript=no"
    device = f"virtio-net-pci,netdev=n0,mac={nic['MAC']}"

    with inside(node.name):
        booting = Qemu(tmp_path, [guest().raw.path], "-snapshot", "-netdev", network, "-device", device)
    with booting as booted:
        booted.until(r"GUEST ready .*\[aa:00:01:00:00:05\]=192\.0\.2\.5/24")
        # the first to be asked may still be about to know its address: asked every second until one answer has come
        assert node.run("sh", "-c", ASK.format("ping", "192.0.2.5")).returncode == 0
        assert node.run("sh", "-c", ASK.format("ping6", "2001:db8::a800:1ff:fe00:5")).returncode == 0
