"""The blocks of README.deploy that set up PostgreSQL, MariaDB and RabbitMQ, carried out on private servers: what they grant is
enough, and no more.

A shell runs the blocks with every program that would touch this machine replaced by one that writes down what it was given;
that is then done on the private server.
"""

import configparser
import shutil
import subprocess
from urllib.parse import quote

import msgspec
import psycopg
import pytest
from django.core.management import call_command
from django.db import OperationalError, connection

from logic.bus import BusDown
from logic.bus.amqp import AmqpBus
from logic.bus.topology import routing_key
from logic.configuration import load
from logic.testing.reading import Reader
from synnefo.backups import databases as backups
from synnefo.settings.databases import databases
from synnefo.testing.databases import replaced
from synnefo.testing.mariadb import MariaServer
from synnefo.testing.processes import give, new_directory, user_or_self
from synnefo.testing.readme import shell

TOUCHING = ("apt-get", "systemctl", "runuser", "mariadb", "rabbitmqctl", "install", "chown")
RECORD = """#!/usr/bin/python3
import json, os, sys
words = [os.path.basename(sys.argv[0]), *sys.argv[1:]]
with open(os.environ["RECORD"], "a") as record:
    print(json.dumps([words, sys.stdin.read()]), file=record)
"""


class Call(msgspec.Struct, array_like=True):
    """One program that was started: its words, and what it was given to read."""

    words: list[str]
    given: str


@pytest.fixture
def carried_out(tmp_path):
    """Run a section; which programs it started."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in TOUCHING:
        (programs / name).write_text(RECORD)
        (programs / name).chmod(0o755)
    root = tmp_path / "root"
    for folder in (
        "root/synnefo",
        "etc/postgresql/15/main/conf.d",
        "etc/mysql/mariadb.conf.d",
        "etc/synnefo/settings.d",
    ):
        (root / folder).mkdir(parents=True)

    def run(section, replacing=("", "")):
        text = shell("1.") + shell(section)
        text = text.replace("/root/", f"{root}/root/").replace("/etc/", f"{root}/etc/").replace(*replacing)
        done = subprocess.run(
            ["bash", "-c", text],
            env={"PATH": f"{programs}:/usr/bin:/bin", "RECORD": str(tmp_path / "record")},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        calls = [msgspec.json.decode(line, type=Call) for line in (tmp_path / "record").read_text().splitlines()]
        return root, [call for call in calls if call.words[0] in ("runuser", "mariadb", "rabbitmqctl")]

    return run


def test_the_database_made_is_the_users_own(carried_out, postgres):
    root, (call,) = carried_out("2.")
    password = (root / "root/synnefo/database-password").read_text().strip()
    with psycopg.connect(postgres.dsn(), autocommit=True) as operator:
        for statement in call.given.replace("synnefo", "readme").split(";\n"):
            if statement.strip():
                operator.execute(statement)

    user = postgres.dsn("readme").replace(postgres.dsn().split("@")[0], f"postgresql://readme:{password}")
    with psycopg.connect(user) as connection:
        connection.execute("CREATE TABLE one (id int)")
        rows = connection.execute(
            "SELECT rolsuper, current_setting('server_encoding') FROM pg_roles WHERE rolname = 'readme'"
        )
        assert rows.fetchone() == (False, "UTF8")
    assert "hostssl synnefo synnefo 192.0.2.0/24" in (root / "etc/postgresql/15/main/pg_hba.conf").read_text()


@pytest.fixture
def readable():
    """A directory that a server of ours can read in, whatever user it runs as."""
    path = new_directory("readme", user_or_self("mysql"))
    yield path
    shutil.rmtree(path)


def test_mariadb_is_the_users_own_and_is_reached_by_tls_with_the_settings_written(
    carried_out, readable, django_db_blocker
):
    root, (call,) = carried_out("13.", replacing=("db.example.org", "localhost"))
    for name in ("synnefo.pem", "synnefo.key"):
        shutil.copy(root / "etc/mysql" / name, readable)
        give(readable / name, user_or_self("mysql"))
    (root / "etc/synnefo/database.pem").write_bytes((root / "etc/mysql/synnefo.pem").read_bytes())
    config = configparser.ConfigParser()
    config.read(root / "etc/mysql/mariadb.conf.d/60-synnefo.cnf")
    given = {name: value for name, value in config["mariadb"].items() if name != "bind-address"}
    options = [f"--{name}={value.replace(f'{root}/etc/mysql', str(readable))}" for name, value in given.items()]
    settings = load([root / "etc/synnefo/settings.d"], {}).typed
    password = (root / "root/synnefo/database-password").read_text().strip()
    with MariaServer(options=options) as server:
        for statement in call.given.replace("synnefo", "readme").split(";\n"):
            if statement.strip():
                server.execute(statement)
        entry = databases(settings, root)["default"]
        entry |= {"NAME": "readme", "USER": "readme", "PASSWORD": password, "PORT": server.port}
        with django_db_blocker.unblock(), replaced(entry):
            call_command("check", databases=["default"], fail_level="WARNING")
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT VARIABLE_VALUE FROM information_schema.SESSION_STATUS WHERE VARIABLE_NAME = 'Ssl_version'"
                )
                assert cursor.fetchone() == ("TLSv1.3",)
                cursor.execute("CREATE TABLE one (id int)")
                with pytest.raises(OperationalError):
                    cursor.execute("CREATE DATABASE two")
            backups.kind().dump(root / "dump")
    assert "CREATE TABLE `one`" in (root / "dump").read_text()


@pytest.fixture
def broker(carried_out, rabbitmq):
    """A RabbitMQ set up as in section 3; the addresses for the dispatchers and for the event daemon of ``ganeti1``."""
    root, calls = carried_out("3.")
    rabbitmq.ctl("add_user", "guest", "guest")
    for call in calls:
        words = [word.replace("synnefo", "readme") for word in call.words[1:]]
        rabbitmq.ctl(*words, *filter(None, [call.given.strip()]))

    def url(user, password):
        secret = quote((root / "root/synnefo" / password).read_text().strip(), safe="")
        return f"amqp://{user}:{secret}@{rabbitmq.url.split('@')[1]}"

    yield url("readme", "rabbit-password"), url("eventd-ganeti1", "ganeti1.rabbit-password")
    for user in ("readme", "eventd-ganeti1"):
        rabbitmq.ctl("delete_user", user)


async def test_each_user_of_the_broker_may_do_its_work_and_no_more(broker, rabbitmq):
    dispatchers, eventd = AmqpBus(broker[0], "snf"), AmqpBus(broker[1], "snf")
    try:
        consumer = await Reader.of(dispatchers, "ganeti1", "ganeti2")
        publisher = await eventd.publisher()
        await publisher.publish(routing_key("snf", "op", "ganeti1"), b"{}")

        (message,) = await consumer.take(10)
        await consumer.acknowledge(message)
        assert message.cluster == "ganeti1"
        with pytest.raises(BusDown, match=r"ACCESS_REFUSED"):
            await publisher.publish(routing_key("snf", "op", "ganeti2"), b"{}")
        await publisher.close()
        with pytest.raises(BusDown, match=r"ACCESS_REFUSED"):
            await eventd.consumer(["ganeti1"])
    finally:
        await dispatchers.close()
        await eventd.close()
    assert "guest" not in rabbitmq.ctl("list_users")
