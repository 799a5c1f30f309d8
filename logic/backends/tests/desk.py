"""The Ganeti adapter over recorded RAPI answers, in the shapes of 3.0.2 (``ganeti.tests.samples``)."""

from ganeti.rapi import RapiClient
from ganeti.tests import samples
from ganeti.tests.recorded import Recorded
from logic import decoding
from logic.backends.base import Limits, Target
from logic.backends.ganeti import GanetiBackend
from logic.messages.commands import CreateServer, NicSpec, Sending
from logic.offload import Inline

INFO = ("GET", "/2/info")
JOBS = ("GET", "/2/jobs?bulk=1")
INSTANCES = ("GET", "/2/instances?bulk=1")
VERSION = ("GET", "/version")
FEATURES = ("GET", "/2/features")
QUERIED_JOBS = ("GET", "/2/query/job")
LOOKED_FOR = ("PUT", "/2/query/job")
QUERIED_INSTANCES = ("GET", "/2/query/instance")
NODES = ("GET", "/2/nodes")
SNF7 = ("GET", "/2/instances/snf-7")
START = ("PUT", "/2/instances/snf-7/startup")
REBOOT = ("POST", "/2/instances/snf-7/reboot")
REMOVE = ("DELETE", "/2/instances/snf-7")
REINSTALL = ("POST", "/2/instances/snf-7/reinstall")
MODIFY = ("PUT", "/2/instances/snf-7/modify")
CREATE = ("POST", "/2/instances")
NIC = NicSpec(port=samples.PORT, mac="aa:00:02:00:00:09", ip="192.0.2.9", network="office")


def adapter(answers, **limits):
    nodes = [{"id": name, "uri": f"/2/nodes/{name}"} for name in ("node1", "node2")]
    transport = Recorded({INFO: samples.rapi_info(), VERSION: 2, FEATURES: samples.FEATURES, NODES: nodes, **answers})
    client = RapiClient(transport)
    return GanetiBackend(
        cluster="alpha", prefix="snf-", client=client, offload=Inline(), limits=Limits(**limits)
    ), transport


def about(resource=samples.SERVER, **sending):
    return {"id": samples.COMMAND, "resource": resource, "instance": "snf-7", "sending": Sending(**sending)}


def create(**changes):
    return CreateServer(
        **{**about(), "memory": 1024, "vcpus": 2, "disks": (2048,), "nics": (NIC,), "os": "image+default", **changes}
    )


def target(server=samples.SERVER, instance="snf-7", version=3, jobs=None):
    return Target(server=server, instance=instance, version=version, jobs=jobs or {})


def job_at(number):
    return ("GET", f"/2/jobs/{number}")


def queue(*jobs, archived=()):
    """What a cluster with these jobs, and these in its archive, answers who looks for those after a number."""

    def answer(request):
        told = decoding.decode(request.body)
        assert told["qfilter"][:2] == [">", "id"]
        seen = [*jobs, *archived] if "archived" in told["fields"] else jobs
        rows = [one | {"archived": one in archived} for one in seen if one["id"] > told["qfilter"][2]]
        return {"data": [[[0, row[name]] for name in told["fields"]] for row in rows]}

    return answer


def ours(number, status="running", **given):
    return samples.rapi_job(number, samples.op(status=status, **given), bulk=True)


def foreign(number):
    return samples.rapi_job(number, samples.op(command=""), bulk=True)
