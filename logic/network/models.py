"""Tables of networking: networks, where they are, subnets, ports, the addresses ports hold, what instances that are
nobody's hold of them, security groups with their rules and ports, floating addresses, routers with the nodes that carry them,
pools of subnets, and tags. No verbs."""

from typing import Any

from django.db import models

from logic import clock
from logic.db import LIVING, Stateful, new_id


class Flavor(models.TextChoices):
    """What a network is on clusters, in Synnefo's words: routed without an address on the node, on a bridge that several
    share by the first bytes of their MACs, on a bridge of its own, or whatever its mode and link say."""

    CUSTOM = "CUSTOM"
    IP_LESS_ROUTED = "IP_LESS_ROUTED"
    MAC_FILTERED = "MAC_FILTERED"
    PHYSICAL_VLAN = "PHYSICAL_VLAN"


class Network(models.Model):
    """A network. ``mode`` and ``link`` say how a Ganeti NIC joins it; ``is_default`` is where servers go unasked. One with a
    ``flavor`` is made on each cluster that a server of it goes to, one without is on none (``connecting``). ``mac_prefix`` are
    the first three bytes of its ports' MACs, empty: our usual ones. One that was deleted stays as long as ports that are gone
    tell of it; nobody sees it. ``reserved`` is what no other network may have while it is anywhere (``networks.reserving``);
    ``port_security`` is that of its new ports; ``revision`` goes up with each change that somebody asks for."""

    id = models.CharField(primary_key=True, max_length=36, default=new_id)
    name = models.CharField(max_length=255)
    project = models.CharField(max_length=64, blank=True, default="")
    description = models.CharField(max_length=255, blank=True, default="")
    admin_state_up = models.BooleanField(default=True)
    shared = models.BooleanField(default=False)
    external = models.BooleanField(default=False)
    is_default = models.BooleanField(default=False)
    mtu = models.PositiveIntegerField(default=1500)
    mode = models.CharField(max_length=16, default="bridged")
    link = models.CharField(max_length=64, blank=True, default="")
    flavor = models.CharField(max_length=16, choices=Flavor.choices, default="", db_default="", blank=True)
    mac_prefix = models.CharField(max_length=8, default="", db_default="", blank=True)
    reserved = models.CharField(max_length=72, null=True, unique=True)  # noqa: DJ001 - null: nothing, any number of times
    port_security = models.BooleanField(default=True, db_default=True)
    zone_hints = models.JSONField(null=True)
    revision = models.PositiveIntegerField(default=1, db_default=1)
    deleted_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=clock.now)
    updated_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["created_at", "id"]


class RbacPolicy(models.Model):
    """A network is shared with a project, ``target``, or with all (``*``): ``action`` says whether to have ports on it or as
    a way outside."""

    id = models.CharField(primary_key=True, max_length=36, default=new_id)
    project = models.CharField(max_length=64)
    network = models.ForeignKey(Network, models.CASCADE, related_name="policies", db_index=False)
    target = models.CharField(max_length=64)
    action = models.CharField(max_length=32)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["network", "target", "action"], name="rbac_policy_once")]
        indexes = [models.Index(fields=["target", "action"], name="rbac_policy_of_target")]
        ordering = ["created_at", "id"]


class BackendNetwork(Stateful):
    """A network on a cluster, from the first time that a server of it has gone there."""

    # As of all with a life of their own, but for what becomes of it with its cluster.
    backend: Any = models.ForeignKey("placement.Backend", models.CASCADE, null=True, related_name="+")
    network = models.ForeignKey(Network, models.CASCADE, related_name="places", db_index=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["network", "backend"], name="network_once_there")]


class Subnet(models.Model):
    """A range of addresses of a network. ``pools`` is a list of [first, last]; ``ipv6_mode`` is how guests come by an address of
    IPv6, in Neutron's words; ``subnetpool`` is the pool that the range was taken from."""

    id = models.CharField(primary_key=True, max_length=36, default=new_id)
    network = models.ForeignKey(Network, models.PROTECT, related_name="subnets")
    name = models.CharField(max_length=255, blank=True, default="")
    project = models.CharField(max_length=64, blank=True, default="")
    description = models.CharField(max_length=255, blank=True, default="")
    ip_version = models.PositiveSmallIntegerField(default=4)
    cidr = models.CharField(max_length=64)
    gateway = models.CharField(max_length=45, blank=True, default="")
    enable_dhcp = models.BooleanField(default=True)
    dns_nameservers = models.JSONField(default=list, blank=True)
    host_routes = models.JSONField(default=list, blank=True)
    pools = models.JSONField(default=list, blank=True)
    ipv6_mode = models.CharField(max_length=16, default="", db_default="", blank=True)
    subnetpool: Any = models.ForeignKey("SubnetPool", models.PROTECT, null=True, related_name="subnets")
    revision = models.PositiveIntegerField(default=1, db_default=1)
    created_at = models.DateTimeField(default=clock.now)
    updated_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["created_at", "id"]


class SubnetPool(models.Model):
    """Prefixes that ranges of subnets are taken from, so that no two overlap. ``prefixes`` are CIDRs of one version of IP, the
    lengths those of ranges; ``quota`` None: a project may take as much as it likes, else so many addresses (of IPv6: /64s)."""

    id = models.CharField(primary_key=True, max_length=36, default=new_id)
    name = models.CharField(max_length=255, blank=True, default="")
    project = models.CharField(max_length=64, blank=True, default="")
    description = models.CharField(max_length=255, blank=True, default="")
    prefixes = models.JSONField(default=list)
    default_length = models.PositiveSmallIntegerField()
    shortest = models.PositiveSmallIntegerField()
    longest = models.PositiveSmallIntegerField()
    quota = models.BigIntegerField(null=True)
    shared = models.BooleanField(default=False)
    is_default = models.BooleanField(default=False)
    revision = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=clock.now)
    updated_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["created_at", "id"]


class Port(Stateful):
    """An interface of a server (``device``), or of a router: then ``device_owner`` says what it is there, in Neutron's words; or
    one that waits for one. ``owned`` ports were made with their server and go with it. With ``port_security`` nothing passes
    but what the rules of its groups let through; without, it is open and in no group. ``host`` is what Neutron's callers say of
    a port that no server has; ``pairs`` are the addresses that it may use besides its own, as [address or prefix, MAC];
    ``dhcp_options`` is a list of [name, value, version of IP]."""

    network = models.ForeignKey(Network, models.PROTECT, related_name="ports")
    name = models.CharField(max_length=255, blank=True, default="")
    project = models.CharField(max_length=64)
    device = models.CharField(max_length=36, blank=True, default="", db_index=True)
    device_owner = models.CharField(max_length=255, blank=True, default="", db_default="")
    owned = models.BooleanField(default=False)
    mac = models.CharField(max_length=17, unique=True)
    admin_state_up = models.BooleanField(default=True)
    port_security = models.BooleanField(default=False, db_default=False)
    description = models.CharField(max_length=255, blank=True, default="", db_default="")
    host = models.CharField(max_length=255, blank=True, default="", db_default="")
    pairs = models.JSONField(null=True)
    dhcp_options = models.JSONField(null=True)
    revision = models.PositiveIntegerField(default=1, db_default=1)

    class Meta:
        indexes = [
            models.Index(fields=["project", "created_at", "id"], name="port_living_in", condition=LIVING),
            models.Index(fields=["created_at", "id"], name="port_living", condition=LIVING),
        ]


class Address(models.Model):
    """An address in use. Freed by deleting the row, when its port is gone. One without a port is :class:`Foreign`'s, or
    :class:`FloatingAddress`'s."""

    subnet = models.ForeignKey(Subnet, models.PROTECT, related_name="addresses", db_index=False)
    port = models.ForeignKey(Port, models.CASCADE, related_name="addresses", null=True)
    ip = models.GenericIPAddressField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["subnet", "ip"], name="address_once")]
        indexes = [
            models.Index(fields=["ip"], name="address_by_ip"),
            models.Index(fields=["subnet", "id"], name="address_newest"),
        ]
        ordering = ["id"]


class Foreign(models.Model):
    """An interface of an instance that is nobody's (a ``Stray``), on one of our networks. ``mac`` is not given to a port of
    ours while it is there, nor is ``address``, which is empty when a port has it already."""

    backend = models.ForeignKey("placement.Backend", models.CASCADE, related_name="+")
    instance = models.CharField(max_length=255)
    mac = models.CharField(max_length=17)
    address = models.OneToOneField(Address, models.CASCADE, null=True, related_name="foreign")

    class Meta:
        indexes = [models.Index(fields=["mac"], name="foreign_by_mac")]


class SecurityGroup(models.Model):
    """What ports may be in. A project's default group has an id that follows from the project's (``security.defaults``), so
    that there is one of it whoever makes it first. ``revision`` goes up with each change of the group or its rules."""

    id = models.CharField(primary_key=True, max_length=36, default=new_id)
    project = models.CharField(max_length=64)
    name = models.CharField(max_length=255, blank=True, default="")
    description = models.CharField(max_length=255, blank=True, default="")
    is_default = models.BooleanField(default=False)
    revision = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=clock.now)
    updated_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [models.Index(fields=["project", "name"], name="security_group_named")]


class AddressGroup(models.Model):
    """Prefixes that rules may be about, as a list of CIDRs of either version of IP."""

    id = models.CharField(primary_key=True, max_length=36, default=new_id)
    project = models.CharField(max_length=64)
    name = models.CharField(max_length=255, blank=True, default="")
    description = models.CharField(max_length=255, blank=True, default="")
    addresses = models.JSONField(default=list)
    revision = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=clock.now)
    updated_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [models.Index(fields=["project", "created_at", "id"], name="address_group_of_project")]


class SecurityRule(models.Model):
    """What a group lets through; it never changes. ``protocol`` as it was given, empty: any; the ports None: all, of ICMP type
    and code. ``remote_prefix`` empty and ``remote_group`` None: everybody. One about ``remote_addresses`` has the prefix of
    nobody, for readers that do not know of these."""

    id = models.CharField(primary_key=True, max_length=36, default=new_id)
    group = models.ForeignKey(SecurityGroup, models.CASCADE, related_name="rules")
    direction = models.CharField(max_length=7)
    ethertype = models.CharField(max_length=4)
    protocol = models.CharField(max_length=16, blank=True, default="")
    port_min = models.PositiveIntegerField(null=True)
    port_max = models.PositiveIntegerField(null=True)
    remote_prefix = models.CharField(max_length=64, blank=True, default="")
    remote_group: Any = models.ForeignKey(SecurityGroup, models.CASCADE, null=True, related_name="+")
    remote_addresses: Any = models.ForeignKey(AddressGroup, models.PROTECT, null=True, related_name="+")
    description = models.CharField(max_length=255, blank=True, default="")
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["created_at", "id"]


class PortGroup(models.Model):
    """A port is in a group. Gone with the port; a dispatcher of the version before leaves some of ports that are gone."""

    port = models.ForeignKey(Port, models.CASCADE, related_name="groups", db_index=False)
    group = models.ForeignKey(SecurityGroup, models.CASCADE, related_name="members")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["port", "group"], name="port_group_once")]
        ordering = ["id"]


class RouterNode(models.Model):
    """A node of a cluster that carries routers: it asks what it has to carry. ``links`` are those that it reaches, with spaces
    between; it was last heard of at ``seen_at``, since its start ``boot``."""

    backend = models.ForeignKey("placement.Backend", models.CASCADE, related_name="router_nodes", db_index=False)
    name = models.CharField(max_length=255)
    links = models.TextField(blank=True, default="")
    boot = models.CharField(max_length=64, blank=True, default="", db_default="")
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["backend", "name"], name="router_node_once")]
        ordering = ["id"]


class Router(models.Model):
    """Joins networks, on which it has ports (``Port.device`` is its id), with each other and with the network of its ``gateway``,
    a port too. ``routes`` are pairs of destination and nexthop. ``node`` carries it, and nobody else may before ``until``;
    ``epoch`` goes up when another takes it. ``revision`` goes up with each change."""

    id = models.CharField(primary_key=True, max_length=36, default=new_id)
    project = models.CharField(max_length=64)
    name = models.CharField(max_length=255, blank=True, default="")
    description = models.CharField(max_length=255, blank=True, default="")
    admin_state_up = models.BooleanField(default=True)
    gateway = models.OneToOneField(Port, models.PROTECT, null=True, related_name="gateway_of")
    snat = models.BooleanField(default=True)
    routes = models.JSONField(default=list, blank=True)
    node = models.ForeignKey(RouterNode, models.SET_NULL, null=True, related_name="routers")
    until = models.DateTimeField(null=True)
    epoch = models.PositiveIntegerField(default=0)
    revision = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=clock.now)
    updated_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [models.Index(fields=["project", "created_at", "id"], name="router_of_project")]
        ordering = ["created_at", "id"]


class FloatingAddress(models.Model):
    """An address of an external network that is a project's. It stands for ``fixed``, an address of ``port``, while there is
    one; one address of a port has one. It goes through ``router`` where the node of the port does not route itself. ``revision``
    goes up with each change."""

    id = models.CharField(primary_key=True, max_length=36, default=new_id)
    project = models.CharField(max_length=64)
    description = models.CharField(max_length=255, blank=True, default="")
    address = models.OneToOneField(Address, models.PROTECT, related_name="floating")
    port = models.ForeignKey(Port, models.SET_NULL, null=True, related_name="floating", db_index=False)
    fixed = models.CharField(max_length=45, blank=True, default="")
    router = models.ForeignKey(Router, models.SET_NULL, null=True, related_name="floating")
    revision = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=clock.now)
    updated_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["port", "fixed"], name="floating_once")]
        indexes = [models.Index(fields=["project", "created_at", "id"], name="floating_of_project")]
        ordering = ["created_at", "id"]


class Tag(models.Model):
    """A word that somebody has put on a resource of this app, known by its id."""

    resource = models.CharField(max_length=36)
    word = models.CharField(max_length=255)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["resource", "word"], name="tag_once")]
        indexes = [models.Index(fields=["word"], name="tag_by_word")]
        ordering = ["id"]
