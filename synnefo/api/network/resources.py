"""What Neutron's part serves, one line a collection: how it is read, narrowed, sorted and written. Views go by it.

Agents are a collection that is truly empty: nothing of the kind exists here, and clients look into it on the way to other
things. So are security groups and their rules in a cloud without them.
"""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import msgspec

from logic.access import Caller
from logic.errors import NotFound
from logic.network import availability, queries
from logic.network.floating import queries as floats
from logic.network.routing import queries as routing
from logic.network.routing.switch import OFF as NO_ROUTERS
from logic.network.security import addresses as prefixes
from logic.network.security import queries as security
from logic.network.security.switch import OFF
from logic.network.sharing import commands as sharing
from logic.network.subnets import pools as ranges
from synnefo.api.kernel.handling import View
from synnefo.api.network import (
    addresses,
    changing,
    floating,
    networks,
    policies,
    pools,
    ports,
    render,
    requests,
    routers,
    subnets,
)
from synnefo.api.network.answers.cloud import Agent
from synnefo.api.network.answers.networks import Availability, Network, Port, Subnet, SubnetPool
from synnefo.api.network.answers.routing import FloatingIp, Router
from synnefo.api.network.answers.security import AddressGroup, RbacPolicy, SecurityGroup, SecurityGroupRule
from synnefo.api.network.requests import Filters

# Collections of Neutron's that are not here, by their paths: what they are, and what there is instead.
ABSENT: dict[str, tuple[str, str]] = {
    "trunks": ("trunks", "Give a server an interface on each network."),
}


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """A collection. ``name`` and ``plural`` are the keys of bodies, ``shape`` is what is shown of one, ``path`` is in
    addresses; ``sortable`` maps Neutron's keys to columns; ``why`` tells what stands against changes for which there is no view
    (``create`` and so on). What is ``immutable`` is only made and deleted; what is ``tagged`` may have tags."""

    name: str
    plural: str
    shape: Any
    rows: Callable[..., Sequence[Any]]
    row: Callable[[Caller, str], Any]
    write: Callable[[Any, Caller], dict[str, Any]]
    filters: Filters
    sortable: Mapping[str, str]
    why: str = ""
    create: View | None = None
    update: View | None = None
    delete: View | None = None
    immutable: bool = False
    tagged: bool = True

    @property
    def path(self) -> str:
        return self.plural.replace("_", "-")

    @property
    def shown(self) -> AbstractSet[str]:
        """The attributes of one."""
        found: AbstractSet[str] = self.shape.__annotations__.keys()
        return found


def _empty(name: str, why: str) -> Resource:
    def missing(_: Caller, id: str) -> Any:
        raise NotFound(kind=name.replace("_", " "), id=id)

    return Resource(
        name=name,
        plural=f"{name}s",
        shape=Agent,
        rows=lambda *_, **__: [],
        row=missing,
        write=lambda *_: {},
        filters={"id": requests.text_of("id")},
        sortable={"id": "id", "name": "name"},
        why=why,
        tagged=False,
    )


RESOURCES = (
    Resource(
        name="network",
        plural="networks",
        shape=Network,
        rows=queries.networks,
        row=queries.network,
        write=render.network,
        filters=requests.NETWORK,
        sortable=requests.NETWORK_SORT,
        create=networks.create,
        update=networks.update,
        delete=networks.delete,
    ),
    Resource(
        name="subnet",
        plural="subnets",
        shape=Subnet,
        rows=queries.subnets,
        row=queries.subnet,
        write=render.subnet,
        filters=requests.SUBNET,
        sortable=requests.SUBNET_SORT,
        create=subnets.create,
        update=subnets.update,
        delete=subnets.delete,
    ),
    Resource(
        name="port",
        plural="ports",
        shape=Port,
        rows=queries.ports,
        row=queries.port,
        write=render.port,
        filters=requests.PORT,
        sortable=requests.PORT_SORT,
        create=ports.create,
        update=ports.update,
        delete=ports.delete,
    ),
    Resource(
        name="subnetpool",
        plural="subnetpools",
        shape=SubnetPool,
        rows=ranges.pools,
        row=ranges.pool,
        write=render.pool,
        filters=requests.POOL,
        sortable=requests.POOL_SORT,
        create=pools.create,
        update=pools.update,
        delete=pools.delete,
    ),
    Resource(
        name="security_group",
        plural="security_groups",
        shape=SecurityGroup,
        rows=security.groups,
        row=security.group,
        write=render.group,
        filters=requests.GROUP,
        sortable=requests.GROUP_SORT,
        why=OFF,
        create=changing.create_groups,
        update=changing.update_group,
        delete=changing.delete_group,
    ),
    Resource(
        name="security_group_rule",
        plural="security_group_rules",
        shape=SecurityGroupRule,
        rows=security.rules,
        row=security.rule,
        write=render.rule,
        filters=requests.RULE,
        sortable=requests.RULE_SORT,
        why=OFF,
        create=changing.create_rules,
        delete=changing.delete_rule,
        immutable=True,
        tagged=False,
    ),
    Resource(
        name="floatingip",
        plural="floatingips",
        shape=FloatingIp,
        rows=floats.floating_ips,
        row=floats.floating_ip,
        write=floating.written,
        filters=floating.FILTERS,
        sortable=floating.SORT,
        why=OFF,
        create=floating.create,
        update=floating.update,
        delete=floating.delete,
    ),
    Resource(
        name="router",
        plural="routers",
        shape=Router,
        rows=routing.routers,
        row=routing.router,
        write=routers.written,
        filters=routers.FILTERS,
        sortable=routers.SORT,
        why=NO_ROUTERS,
        create=routers.create,
        update=routers.update,
        delete=routers.delete,
    ),
    Resource(
        name="address_group",
        plural="address_groups",
        shape=AddressGroup,
        rows=prefixes.address_groups,
        row=prefixes.address_group,
        write=addresses.written,
        filters=requests.ADDRESSES,
        sortable=requests.GROUP_SORT,
        create=addresses.create,
        update=addresses.update,
        delete=addresses.delete,
    ),
    Resource(
        name="rbac_policy",
        plural="rbac_policies",
        shape=RbacPolicy,
        rows=sharing.policies,
        row=sharing.policy,
        write=policies.written,
        filters=requests.POLICY,
        sortable={"id": "id", "target_tenant": "target", "object_id": "network_id"},
        create=policies.create,
        update=policies.update,
        delete=policies.delete,
        tagged=False,
    ),
    Resource(
        name="network_ip_availability",
        plural="network_ip_availabilities",
        shape=Availability,
        rows=availability.availabilities,
        row=availability.availability,
        write=render.availability,
        filters=requests.AVAILABILITY,
        sortable={"network_id": "id", "network_name": "name"},
        why="What is free follows from what is in use.",
        immutable=True,
        tagged=False,
    ),
    _empty("agent", "There are no network agents in this cloud."),
)
