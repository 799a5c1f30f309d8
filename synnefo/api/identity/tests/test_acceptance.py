"""The ``openstack`` command against the API under uvicorn, on SQLite."""

import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from openstack.connection import Connection

from synnefo.standalone.clouds import Credentials, clouds_yaml, write_private
from synnefo.testing.embedded import ROOT
from synnefo.testing.processes import Daemon, spare_port, user_or_self
from synnefo.testing.road import Failed, OpenStack
from synnefo.testing.running import run

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(300)]
WHO = Credentials("demo", "the demo's password", "demo", "the admin's password")


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=2) as reply:
            return reply.status == 200
    except OSError:
        return False


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Iterator[Path]:
    """A cloud that serves, with its ``clouds.yaml`` in this folder."""
    root = tmp_path_factory.mktemp("identity")
    environment = {"SYNNEFO_VAR": str(root / "var"), "SYNNEFO_SETTINGS_DIR": "", "PATH": "/usr/bin:/bin"}
    (root / "var").mkdir(mode=0o700)
    port = spare_port()
    url = f"http://127.0.0.1:{port}"
    for name, password in (("admin", WHO.admin_password), ("demo", WHO.password)):
        write_private(root / f"{name}.password", password + "\n")
    passwords = [f"--{name}-password-file={root / name}.password" for name in ("admin", "demo")]
    for words in (["migrate", "--verbosity", "0"], ["bootstrap", *passwords]):
        run([sys.executable, "manage.py", *words], within=60, environment=environment, directory=ROOT)
    write_private(root / "clouds.yaml", clouds_yaml(WHO, url, "RegionOne"))
    api = Daemon(
        [sys.executable, "-m", "uvicorn", "synnefo.asgi:application", "--port", str(port), "--lifespan", "off"],
        user=user_or_self("root"),
        log=root / "api.log",
        ready=lambda: answers(url),
        environment=environment,
        directory=ROOT,
    )
    api.start()
    yield root
    api.stop()
    log = (root / "api.log").read_text()
    assert "Traceback" not in log
    assert WHO.password not in log


@pytest.fixture
def demo(folder) -> OpenStack:
    return OpenStack(folder / "clouds.yaml")


@pytest.fixture
def admin(folder) -> OpenStack:
    return OpenStack(folder / "clouds.yaml", "synnefo-admin")


def sdk(folder: Path, user: str, password: str) -> Connection:
    """The library behind the command, in this process: a tenth of the time."""
    return Connection(
        auth={
            "auth_url": auth_url(folder),
            "username": user,
            "password": password,
            "project_name": user,
            "user_domain_name": "Default",
            "project_domain_name": "Default",
        },
        region_name="RegionOne",
        identity_api_version="3",
    )


def auth_url(folder: Path) -> str:
    return (folder / "clouds.yaml").read_text().split("auth_url: ")[1].splitlines()[0]


def test_a_token_is_issued(demo):
    issued = demo.json("token", "issue")
    assert len(issued["project_id"]) == len(issued["user_id"]) == 32


def test_the_catalog_names_what_answers(demo):
    catalog = {row["Type"]: row for row in demo.json("catalog", "list")}
    assert catalog["identity"]["Name"] == "keystone"
    assert {endpoint["interface"] for endpoint in catalog["identity"]["Endpoints"]} == {"public", "internal", "admin"}


def test_projects_are_listed(admin, demo):
    assert {row["Name"] for row in admin.json("project", "list")} == {"admin", "demo"}
    assert {row["Name"] for row in demo.json("project", "list")} == {"demo"}


def test_an_application_credential_is_made_and_used(demo, folder):
    made = demo.json("application", "credential", "create", "--role", "reader", "--description", "a robot", "robot")
    assert made["Unrestricted"] is False
    write_private(
        folder / "robot.yaml",
        f"clouds:\n  robot:\n    auth_type: v3applicationcredential\n    region_name: RegionOne\n    auth:\n"
        f"      auth_url: {auth_url(folder)}\n      application_credential_id: {made['ID']}\n"
        f"      application_credential_secret: {made['Secret']}\n",
    )
    robot = OpenStack(folder / "robot.yaml", "robot")
    assert robot.json("token", "issue")["project_id"] == made["Project ID"]
    with pytest.raises(Failed, match="cannot manage application credentials"):
        robot.run("application", "credential", "create", "another")
    demo.run("application", "credential", "delete", "robot")


def test_what_is_not_allowed_is_told_in_a_sentence(demo):
    with pytest.raises(Failed, match="Ask a project administrator for the role admin"):
        demo.run("user", "list")


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
def test_the_sdk_makes_projects_users_and_roles(folder):
    with sdk(folder, "admin", WHO.admin_password) as cloud:
        identity = cloud.identity
        project = identity.create_project(name="lab", description="for a while")
        user = identity.create_user(name="eve", password="a password", default_project_id=project.id)
        role = identity.find_role("reader", ignore_missing=False)
        identity.assign_project_role_to_user(project, user, role)
        assert identity.validate_user_has_project_role(project, user, role)
        (held,) = identity.role_assignments(scope_project_id=project.id, include_names=True)
        assert (held.user["name"], held.role["name"], held.scope["project"]["name"]) == ("eve", "reader", "lab")
        identity.unassign_project_role_from_user(project, user, role)
        assert not identity.validate_user_has_project_role(project, user, role)
        assert identity.update_project(project, is_enabled=False).is_enabled is False
        assert identity.find_project("lab", ignore_missing=False).description == "for a while"
        assert identity.find_user("eve", ignore_missing=False).id == user.id
        assert [one.id for one in identity.regions()] == ["RegionOne"]
        assert {one.name for one in identity.services()} >= {"keystone"}
        identity.delete_user(user)
        identity.delete_project(project)
        assert identity.find_project("lab") is None
