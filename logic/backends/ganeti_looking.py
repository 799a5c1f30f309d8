"""Looking at a Ganeti cluster: its jobs and instances, one by one or in bulk, and what they amount to as observations.

Called by ``logic.backends.ganeti`` through ``logic.offload``. The functions that take a client block; the others are
pure. Jobs are read before instances, so that an instance is never older than the end of the job that changed it. Whether
one that is down died or is being worked on, ``ganeti_suspects`` finds out.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from ganeti import versions
from ganeti.explaining import explained
from ganeti.jobfile import Job, observations
from ganeti.rapi import RapiClient
from ganeti.replies import Info, Instance
from ganeti.vocabulary import ERROR, LOST, filling_name, is_volume, number_of, volume_name, why_down
from logic.backends import ganeti_reinstalling as reinstalling
from logic.backends.base import Facts, NetworkTarget, Target, VolumeTarget
from logic.backends.ganeti_pausing import NOTHING, PAUSED, RUNNING, Heard, Tellers
from logic.backends.ganeti_suspects import asked_again
from logic.errors import Gone
from logic.messages.observations import InstanceSeen, JobChanged, NetworkSeen, Observation, VolumeSeen

SINGLE_JOBS = 10  # jobs asked for one by one in a look at a whole cluster; the others have their turn in later looks


class Look(msgspec.Struct, frozen=True):
    """What a cluster said at one time: the jobs asked for (those it knows) and instances, each by its address.
    ``unasked`` are jobs that would have taken a question of their own, and have to wait; ``busy`` are instances that a job
    has down; ``tells``: the cluster tells guests that end by themselves from those that die; ``heard`` is what
    nodes said themselves."""

    incarnation: str
    jobs: dict[int, Job]
    instances: dict[str, Instance]
    unasked: frozenset[int] = frozenset()
    busy: frozenset[str] = frozenset()
    tells: bool = False
    heard: Heard = NOTHING


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """Who is asked about what. ``bulk``: in large answers; ``whole``: and what is there beside the targets."""

    cluster: str
    targets: Sequence[Target]
    bulk: bool = False
    whole: bool = False


def observed(client: RapiClient, question: Question, nodes: Tellers | None = None) -> list[Observation]:
    """The answers to a question, made here and not by the caller's loop: they may be thousands. ``nodes`` are asked who is
    paused. Blocks."""
    targets, cluster = question.targets, question.cluster
    if not question.bulk:
        return answers(_complete(one_by_one(client, targets), nodes), targets, cluster)
    look = _complete(in_bulk(client, targets, singles=SINGLE_JOBS if question.whole else None), nodes)
    found = answers(look, targets, cluster)
    return [*found, *others(look, targets, cluster)] if question.whole else found


def _complete(look: Look, nodes: Tellers | None) -> Look:
    """With what the nodes say themselves, of guests that run for their cluster."""
    running = [one.pnode for one in look.instances.values() if one.pnode and one.condition == RUNNING]
    return msgspec.structs.replace(look, heard=nodes.heard(running)) if nodes and running else look


def networks(client: RapiClient, targets: Sequence[NetworkTarget], cluster: str) -> list[Observation]:
    """What became of the jobs of networks, and which networks every node group reaches. Blocks."""
    asked = [Target(server=one.network, instance="", version=one.version, jobs=one.jobs) for one in targets]
    look = Look(client.info().uuid, _jobs(client, _wanted(asked)), {})
    jobs = [told for target in asked for told in _jobs_of(look, target, cluster)]
    groups = frozenset(client.group_names())
    reached = {one.name: one.groups for one in client.networks()}
    return [*jobs, *(_reached(look, one, cluster, groups <= reached.get(one.name, frozenset())) for one in targets)]


def _reached(look: Look, target: NetworkTarget, cluster: str, connected: bool) -> NetworkSeen:
    return NetworkSeen(
        cluster=cluster,
        incarnation=look.incarnation,
        network=target.network,
        version=target.version,
        connected=connected,
    )


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Which cluster is asked, and how what is ours begins there."""

    cluster: str
    prefix: str


def volumes(client: RapiClient, targets: Sequence[VolumeTarget], place: Place) -> list[Observation]:
    """What became of the jobs of volumes, and where their disks are: one question for all. Blocks."""
    asked = [Target(server=one.volume, instance="", version=one.version, jobs=one.jobs) for one in targets]
    look = Look(client.info().uuid, _jobs(client, _wanted(asked)), {})
    jobs = [told for target in asked for told in _jobs_of(look, target, place.cluster)]
    homes = client.disk_names()
    by_disk = {disk: name for name, disks in homes.items() for disk in disks if is_volume(place.prefix, disk)}
    return [*jobs, *(_stored(look, one, place, homes, by_disk) for one in targets)]


def _stored(
    look: Look, target: VolumeTarget, place: Place, homes: Mapping[str, Collection[str]], by_disk: Mapping[str, str]
) -> VolumeSeen:
    name = volume_name(place.prefix, target.volume)
    on = by_disk.get(name, "")
    adrift = name in homes and filling_name(place.prefix, target.volume) not in homes[name]
    words = {"": "adrift" if adrift else "nowhere", target.instance: "attached", name: "held"}
    return VolumeSeen(
        cluster=place.cluster,
        incarnation=look.incarnation,
        volume=target.volume,
        version=target.version,
        place=words[""] if not on else words.get(on, "elsewhere"),
        instance=on,
        waits=target.waits,
    )


def one_by_one(client: RapiClient, targets: Sequence[Target]) -> Look:
    """Cheap for a few servers. Blocks."""
    jobs = _jobs(client, _wanted(targets))
    found = {target.instance: _instance(client, target.instance) for target in targets}
    instances, busy = asked_again(client, {name: instance for name, instance in found.items() if instance})
    info = client.info()
    return Look(info.uuid, jobs, instances, busy=busy, tells=bool(info.enabled_user_shutdown))


def in_bulk(client: RapiClient, targets: Sequence[Target], *, singles: int | None = None) -> Look:
    """Two large answers for any number of servers, and one for each job that is archived or has failed: the oldest
    ``singles`` of those at most, if that is given. Blocks."""
    wanted = _wanted(targets)
    listed = {job.id: job for job in client.jobs()} if wanted else {}
    complete = {number: listed[number] for number in wanted if number in listed and listed[number].status != ERROR}
    rest = [number for number in wanted if number not in complete]
    asked = rest if singles is None else rest[:singles]
    jobs = complete | _jobs(client, asked)
    instances, busy = asked_again(client, {instance.name: instance for instance in client.instances()})
    info, unasked = client.info(), frozenset(rest[len(asked) :])
    return Look(info.uuid, jobs, instances, unasked, busy, bool(info.enabled_user_shutdown))


def _wanted(targets: Iterable[Target]) -> list[int]:
    return sorted({number for target in targets for number in target.jobs})


def _jobs(client: RapiClient, numbers: Iterable[int]) -> dict[int, Job]:
    found = {number: client.job(number) for number in numbers}
    return {number: explained(job, client.job) for number, job in found.items() if job}


def _instance(client: RapiClient, name: str) -> Instance | None:
    try:
        return client.instance(name) if name else None
    except Gone:
        return None


def answers(look: Look, targets: Sequence[Target], cluster: str) -> list[Observation]:
    """Jobs first, then one :class:`InstanceSeen` a target, in the order they were asked about. A target with a job that
    was not asked for is left out: what became of its instance means nothing without what became of the job."""
    targets = [target for target in targets if look.unasked.isdisjoint(target.jobs)]
    jobs = [told for target in targets for told in _jobs_of(look, target, cluster)]
    return [*jobs, *(_seen(look, target, cluster) for target in targets)]


def _jobs_of(look: Look, target: Target, cluster: str) -> list[JobChanged]:
    """A number that now belongs to somebody else's job (the cluster was made anew) is as lost as an unknown one."""
    told: list[JobChanged] = []
    for number, command in sorted(target.jobs.items()):
        job = look.jobs.get(number)
        mine = _told_of(job, (target.instance, command), cluster, look.incarnation) if job else []
        told.extend(mine or [_lost(look, target, cluster, number)])
    return told


def _told_of(job: Job, about: tuple[str, str], cluster: str, incarnation: str) -> list[JobChanged]:
    """What a job tells of a command; nothing when it is not that command's."""
    named = [one for one in observations(job, cluster, incarnation) if one.command == about[1]]
    return named or reinstalling.told(job, cluster, incarnation, about)


def _lost(look: Look, target: Target, cluster: str, number: int) -> JobChanged:
    return JobChanged(
        cluster=cluster,
        incarnation=look.incarnation,
        job=number,
        op=0,
        opcode="",
        status=LOST,
        instance=target.instance,
        command=target.jobs[number],
    )


def _seen(look: Look, target: Target, cluster: str) -> InstanceSeen:
    found = look.instances.get(target.instance)
    if found is None:
        return InstanceSeen(
            cluster=cluster,
            incarnation=look.incarnation,
            server=target.server,
            version=target.version,
            exists=False,
            instance=target.instance,
        )
    return _described(look, found, cluster, server=target.server, version=target.version)


def _described(look: Look, found: Instance, cluster: str, *, server: str, version: int) -> InstanceSeen:
    status = "" if found.is_silent else found.condition
    runs = status == RUNNING
    return InstanceSeen(
        cluster=cluster,
        incarnation=look.incarnation,
        server=server,
        version=version,
        exists=True,
        instance=found.name,
        instance_uuid=found.uuid,
        owner=found.owner,
        status=PAUSED if runs and found.uuid in look.heard.paused else status,
        why=why_down(found.status, tells=look.tells and found.shutdown_tells),
        busy=found.name in look.busy,
        vague=runs and found.pnode in look.heard.silent,
        node=found.pnode or "",
        nics=found.nics,
    )


def others(look: Look, targets: Sequence[Target], cluster: str) -> list[Observation]:
    """Instances that nobody asked about."""
    asked = {target.instance for target in targets}
    unasked = (found for name, found in sorted(look.instances.items()) if name not in asked)
    return [_described(look, found, cluster, server="", version=0) for found in unasked]


class Probe(msgspec.Struct, frozen=True, kw_only=True):
    """What an API said that it can, when it was of this version."""

    version: str
    api: int
    features: tuple[str, ...]

    @property
    def unfit(self) -> str:
        return versions.refusal(self.version, self.features, api=self.api)


def probed(client: RapiClient, version: str) -> Probe:
    """Blocks."""
    return Probe(version=version, api=client.version(), features=tuple(sorted(client.features())))


def facts(client: RapiClient, prefix: str, known: Probe | None = None) -> tuple[Facts, Probe]:
    """Identity and capacity; only nodes that may take instances count. What the API can is asked when it is not ``known`` of
    this version. Blocks."""
    info = client.info()
    probe = known if known and known.version == info.software_version else probed(client, info.software_version)
    return _facts(client, info, prefix, probe), probe


def _facts(client: RapiClient, info: Info, prefix: str, probe: Probe) -> Facts:
    nodes = [node for node in client.nodes() if node.usable]
    numbers = (number_of(prefix, name) for name in client.instance_names())
    return Facts(
        incarnation=info.uuid,
        version=info.software_version,
        memory_total=sum(node.mtotal or 0 for node in nodes),
        memory_free=sum(node.mfree or 0 for node in nodes),
        disk_total=sum(node.dtotal or 0 for node in nodes),
        disk_free=sum(node.dfree or 0 for node in nodes),
        cores=sum(node.ctotal or 0 for node in nodes),
        nodes=len(nodes),
        memory_largest=max((node.mfree or 0 for node in nodes), default=0),
        disk_largest=max((node.dfree or 0 for node in nodes), default=0),
        vcpu_ratio=info.vcpu_ratio,
        last_job=max(client.job_ids(), default=0),
        highest_number=max((number for number in numbers if number), default=0),
        disk_templates=info.enabled_disk_templates or (),
        features=probe.features,
        unfit=probe.unfit,
        wipes=info.prealloc_wipe_disks,
    )
