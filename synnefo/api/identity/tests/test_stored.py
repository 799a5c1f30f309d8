"""Kept credentials and EC2 keys on the wire, as clients and Tempest send them."""

import json

from logic import secretkeys
from synnefo.api.identity.tests.test_people import made
from synnefo.api.identity.tests.test_resources import NO, V3, found, me


def test_a_credential_from_making_to_deleting(admin, demo):
    blob, user, project = (
        json.dumps({"access": "A", "secret": "S"}),
        me(demo),
        made(admin, "project", name="other")["id"],
    )
    credential = made(admin, "credential", user_id=user, project_id=project, blob=blob, type="ec2")
    assert (credential["user_id"], credential["project_id"], credential["blob"]) == (user, project, blob)
    path = f"{V3}/credentials/{credential['id']}"
    new = json.dumps({"access": "B", "secret": "T"})
    assert admin.patch(path, {"credential": {"blob": new}}).json["credential"]["blob"] == new
    assert admin.patch(path, {"credential": {"user_id": me(admin)}}).status == 400
    assert admin.get(path).json["credential"]["blob"] == new
    assert [one["id"] for one in admin.get(f"{V3}/credentials?type=ec2").json["credentials"]] == [credential["id"]]
    assert admin.get(f"{V3}/credentials?user_id={NO}").json["credentials"] == []
    assert [one["id"] for one in demo.get(f"{V3}/credentials").json["credentials"]] == [credential["id"]]
    assert admin.delete(path).status == 204
    assert admin.get(path).status == 404


def test_a_users_ec2_keys(admin, demo):
    path, project = f"{V3}/users/{me(demo)}/credentials/OS-EC2", found(admin, "projects", "demo")
    reply = demo.post(path, {"tenant_id": project})
    assert reply.status == 201
    key = reply.json["credential"]
    assert (key["tenant_id"], key["user_id"], bool(key["secret"])) == (project, me(demo), True)
    assert demo.get(path).json["credentials"] == [key]
    assert demo.get(f"{path}/{key['access']}").json["credential"] == key
    assert demo.get(path.replace(me(demo), NO)).status == 403
    assert demo.delete(f"{path}/{key['access']}").status == 204
    assert demo.get(f"{path}/{key['access']}").status == 404
    assert demo.post(path, {"tenant_id": NO}).status == 403
    assert admin.post(path, {"tenant_id": NO}).status == 404


def test_signatures_are_checked_for_services_only(admin, demo, cloud):
    body = {"credentials": {"access": "x", "signature": "y", "headers": {"X-Amz-Date": "20200101T000000Z"}}}
    assert cloud.post(f"{V3}/ec2tokens", body).status == 401
    assert demo.post(f"{V3}/ec2tokens", body).status == 403
    assert admin.post(f"{V3}/ec2tokens", body).status == 401
    assert admin.post(f"{V3}/ec2tokens", {}).status == 400


def test_without_the_keys_nothing_is_kept_and_that_is_told(demo, monkeypatch, tmp_path):
    file = tmp_path / "keys"
    file.write_text("damaged")
    body = {"credential": {"type": "cert", "blob": "x", "user_id": me(demo)}}
    with monkeypatch.context() as patch:
        patch.setattr(secretkeys, "_current", secretkeys.Keyring(file))
        reply = demo.post(f"{V3}/credentials", body)
    assert (reply.status, "retry-after" in reply.headers) == (503, True)
    assert str(file) not in reply.json["error"]["message"]
    assert demo.get(f"{V3}/credentials").json["credentials"] == []
