"""What RAPI answers: orders become jobs, questions are answered at once, and the famous oddities hold."""

import json

import pytest

from ganeti.simulator.tests.lab import Lab, creation
from ganeti.simulator.transport import SimulatorTransport
from ganeti.transport import RapiRequest

INSTANCE_FIELDS = {
    "name", "admin_state", "os", "pnode", "snodes", "disk_template", "nic.ips", "nic.macs", "nic.modes", "nic.uuids",
    "nic.names", "nic.links", "nic.networks", "nic.networks.names", "nic.bridges", "network_port", "disk.sizes",
    "disk.spindles", "disk_usage", "disk.uuids", "disk.names", "beparams", "hvparams", "oper_state", "oper_ram",
    "oper_vcpus", "status", "custom_hvparams", "custom_beparams", "custom_nicparams", "ctime", "mtime", "uuid",
    "serial_no", "tags",
}  # fmt: skip


def test_an_order_is_answered_with_the_next_job_id(lab):
    assert [lab.create("web1"), lab.create("web2")] == [1, 2]


def test_an_order_for_an_unknown_instance_is_a_job_that_ends_in_error(lab):
    job = lab.order("PUT", "/2/instances/nosuch/startup", {})
    assert lab.result(job) == ("error", ["OpPrereqError", ["Instance 'nosuch' not known", "unknown_entity"]])


def test_an_unknown_instance_is_not_found(lab):
    assert lab.send("GET", "/2/instances/nosuch").status == 404


def test_an_unknown_job_is_200_with_every_field_null_but_its_number(lab):
    answer = lab.ask("GET", "/2/jobs/99999")
    assert answer.pop("id") == 99999
    assert set(answer.values()) == {None}
    assert "status" in answer


def test_a_job_number_of_any_length_is_only_unknown(lab):
    assert lab.ask("GET", "/2/jobs/" + "9" * 18)["status"] is None
    answer = lab.send("GET", "/2/jobs/" + "9" * 5000)
    assert answer.status == 502


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/2/instances/web1/shutdown", {"timeout": "soon"}),
        ("/2/instances/web1/shutdown", {"timeout": True}),
        ("/2/instances/web1/modify", {"nics": "all"}),
        ("/2/instances/web1/modify", {"nics": [["add", -1, {"ip": 7}]]}),
        ("/2/instances/web1/modify", {"nics": [["remove", 0, {}], ["remove", "eth0", {}]]}),
        ("/2/instances/web1/startup", {"depends": [[1, ["done"]]]}),
    ],
)
def test_a_body_that_cannot_be_parsed_is_a_502(lab, path, body):
    assert lab.send("PUT", path, body).status == 502
    assert lab.ask("GET", "/2/jobs") == []


def test_the_message_of_an_error_is_html_escaped(lab):
    answer = json.loads(lab.send("PUT", "/2/instances/web1/shutdown", {"timeout": "<soon>"}).body)
    assert answer["code"] == 502
    assert answer["message"].startswith("Failed to parse request: SubmitJob: Can&#x27;t parse value for")
    assert "&lt;soon&gt;" in answer["message"]


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b"\xff",
        {"instance_name": "web1"},
        {**creation(), "__version__": 2},
        {**creation(), "no_such_thing": 1},
        {**creation(), "reason": []},
        {**creation(), "name": "web1"},
    ],
)
def test_a_body_that_is_none_or_says_too_much_is_a_400(lab, body):
    assert lab.send("POST", "/2/instances", body).status == 400
    assert lab.ask("GET", "/2/jobs") == []


def test_a_creation_without_a_name_cannot_be_parsed(lab):
    body = creation()
    del body["instance_name"]
    assert lab.send("POST", "/2/instances", body).status == 502


def test_what_rapi_says_itself_the_body_may_not(lab):
    assert lab.send("PUT", "/2/instances/web1/shutdown", {"instance_name": "web2"}).status == 400


def test_a_path_that_is_not_there_is_404_and_a_method_that_is_not_there_501(lab):
    assert lab.send("GET", "/3/info").status == 404
    assert lab.send("POST", "/2/info", {}).status == 501


def test_a_read_only_user_may_ask_but_not_order_or_wait(lab):
    reader = SimulatorTransport(lab.simulator, may_write=False)

    def status(method, path):
        return reader.send(RapiRequest(method=method, path=path, body=b'{"fields": []}')).status

    assert status("GET", "/2/info") == 200
    assert status("PUT", "/2/query/job") == 400, "asks with a filter"
    assert status("PUT", "/2/instances/web1/startup") == 403
    assert status("DELETE", "/2/jobs/1") == 403
    assert status("GET", "/2/jobs/1/wait") == 403


def test_an_instance_has_all_of_ganetis_fields(one):
    assert set(one.instance()) == INSTANCE_FIELDS
    assert one.ask("GET", "/2/instances", bulk="1") == [one.instance()]


def test_without_bulk_lists_are_names_and_where_to_look(one):
    assert one.ask("GET", "/2/instances") == [{"id": "web1", "uri": "/2/instances/web1"}]
    assert one.ask("GET", "/2/jobs") == [{"id": 1, "uri": "/2/jobs/1"}]
    assert one.ask("GET", "/2/networks") == [{"name": "net1", "uri": "/2/networks/net1"}]
    assert one.ask("GET", "/2/nodes") == [{"id": "node1", "uri": "/2/nodes/node1"}]


def test_jobs_in_bulk_have_no_results_and_no_logs(one):
    (job,) = one.ask("GET", "/2/jobs", bulk="1")
    assert job.keys() == {"id", "ops", "status", "summary", "opstatus", "received_ts", "start_ts", "end_ts"}
    assert job["summary"] == ["INSTANCE_CREATE(web1)"]
    assert one.job(1).keys() - job.keys() == {"opresult", "oplog"}


def test_an_archived_job_leaves_the_list_but_still_answers(one):
    before = one.job(1)
    one.simulator.archive_jobs()
    assert one.ask("GET", "/2/jobs") == []
    assert one.job(1) == before


def test_a_job_that_works_is_not_archived(lab):
    job = lab.create()
    lab.until(job, "running")
    lab.simulator.archive_jobs()
    assert lab.ask("GET", "/2/jobs") == [{"id": job, "uri": f"/2/jobs/{job}"}]


def test_info_tells_the_clusters_uuid_and_what_it_can(lab):
    info = lab.ask("GET", "/2/info")
    assert info["uuid"] == lab.simulator.uuid
    assert (info["software_version"], info["enabled_disk_templates"]) == ("3.0.2", ["file", "diskless"])


def test_a_node_tells_what_is_free(one):
    (node,) = one.ask("GET", "/2/nodes", bulk="1")
    assert node["mtotal"] - node["mfree"] == 512
    assert node["dtotal"] - node["dfree"] == 1024
    assert (node["role"], node["pinst_list"]) == ("M", ["web1"])
    assert one.ask("GET", "/2/nodes/node1") == node


def test_the_console_is_there_while_the_guest_runs(one):
    assert one.ask("GET", "/2/instances/web1/console")["kind"] == "ssh"
    one.simulator.crash_guest("web1")
    assert one.send("GET", "/2/instances/web1/console").status == 503


def test_the_reason_stands_in_the_trail_as_the_users_own_words(lab):
    job = lab.order("PUT", "/2/instances/web1/startup", {}, reason="synnefo:abc")
    trail = [entry[:2] for entry in lab.job(job)["ops"][0]["reason"]]
    assert trail == [
        ["gnt:user", "synnefo:abc"],
        ["gnt:library:rlib2:instances_name_startup", ""],
        ["gnt:opcode:instance_startup", f"job={job};index=0"],
    ]


def test_without_a_reason_the_trail_begins_with_the_resource(lab):
    job = lab.order("DELETE", "/2/instances/web1")
    assert lab.job(job)["ops"][0]["reason"][0][:2] == ["gnt:library:rlib2:instances_name", ""]


def test_waiting_for_a_job_tells_the_fields_and_the_log_since(one):
    body = {"fields": ["status", "opstatus"], "previous_job_info": None, "previous_log_serial": 3}
    answer = one.ask("GET", "/2/jobs/1/wait", body)
    assert answer["job_info"] == ["success", ["success"]]
    assert [entry[0] for entry in answer["log_entries"]] == list(range(4, len(one.job(1)["oplog"][0]) + 1))


def test_the_same_questions_do_not_change_the_cluster(one):
    before = one.ask("GET", "/2/instances", bulk="1")
    for path in (
        "/version",
        "/2/features",
        "/2/os",
        "/2/groups",
        "/2/groups/default",
        "/2/tags",
        "/2/instances/web1/tags",
    ):
        assert one.send("GET", path).status == 200
    assert one.ask("GET", "/2/instances", bulk="1") == before


def test_two_clusters_are_two_incarnations():
    assert Lab(seed=1).simulator.uuid != Lab(seed=2).simulator.uuid


def test_of_instances_and_jobs_the_fields_that_are_named_can_be_asked_for(one):
    one.simulator.crash_guest("web1")
    found = one.ask("GET", "/2/query/instance", fields="name,status,colour")
    assert found["data"] == [[[0, "web1"], [0, "ERROR_down"], [1, None]]]
    assert [field["name"] for field in found["fields"]] == ["name", "status", "colour"]
    jobs = one.ask("GET", "/2/query/job", fields="id,status,summary")
    assert jobs["data"] == [[[0, 1], [0, "success"], [0, ["INSTANCE_CREATE(web1)"]]]]


def test_a_query_by_put_may_have_a_filter_and_sees_the_archive_when_it_asks_for_that(one):
    for _ in range(2):
        one.order("PUT", "/2/instances/web1/startup")
    one.settle()
    one.simulator.archive_jobs()
    one.order("PUT", "/2/instances/web1/startup")
    query = {"fields": ["id"], "qfilter": [">", "id", 1]}
    assert one.ask("PUT", "/2/query/job", query)["data"] == [[[0, 4]]]
    query["fields"].append("archived")
    told = one.ask("PUT", "/2/query/job", query)["data"]
    assert told == [[[0, 2], [0, True]], [[0, 3], [0, True]], [[0, 4], [0, False]]]


@pytest.mark.parametrize(
    ("wanted", "status"),
    [
        ([">", "id", "27"], 500),
        ([">", "colour", 3], 500),
        (["=="], 502),
        ("all", 502),
        ([], 502),
        ([">", "id", 10**18], 200),
    ],
)
def test_a_filter_that_cannot_be_read_is_refused_as_observed(one, wanted, status):
    assert one.send("PUT", "/2/query/job", {"fields": ["id"], "qfilter": wanted}).status == status


def test_nothing_else_can_be_asked_for(one):
    assert one.send("GET", "/2/query/instance").status == 400
    assert one.send("GET", "/2/query/secrets", fields="id").status == 502
