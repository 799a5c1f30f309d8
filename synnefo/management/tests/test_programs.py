"""``manage.py dispatcher`` and ``manage.py eventd``: what they are made of by the settings."""

import asyncio
import os
import signal
import socket

import pytest
from django.core.management import call_command, get_commands, load_command_class
from django.core.management.base import CommandError

from ganeti import eventd
from logic import schema
from logic.bus.amqp import AmqpBus
from logic.bus.memory import MemoryBus
from logic.configuration import ConfigurationError, load
from logic.configuration.tests.folders import folder
from logic.dispatcher.service import Dispatcher
from synnefo.management import wiring
from synnefo.management.commands import dispatcher

PASSWORD = "canary-4711"


@pytest.fixture
def site(tmp_path, settings):
    """Settings of a site, from text."""

    def use(**lines):
        text = "".join(f"{name} = {value!r}\n" for name, value in lines.items())
        settings.CONFIGURATION = load([folder(tmp_path, "site", a10=text)], {})
        for name in lines:
            setattr(settings, name, settings.CONFIGURATION[name])

    return use


class TestDispatcher:
    def test_the_bus_may_be_within_the_process(self, site):
        site(BUS="memory")
        assert isinstance(wiring.bus(), MemoryBus)

    def test_the_bus_is_the_broker_of_the_settings_and_hides_its_password(self, site):
        site(BUS="amqp", AMQP_HOSTS=[f"amqp://synnefo:{PASSWORD}@mq/"])
        bus = wiring.bus()
        assert isinstance(bus, AmqpBus)
        assert PASSWORD not in repr(bus)

    def test_without_a_brokers_password_it_does_not_start_and_says_what_to_set(self, site):
        site(BUS="amqp")
        with pytest.raises(ConfigurationError, match="RABBIT_PASSWORD"):
            wiring.bus()

    def test_its_numbers_are_those_of_the_settings(self, site):
        site(DISPATCHER_BATCH=7, PREFETCH=8, COMMAND_LEASE=90.0, RECONCILE_INTERVAL=10.0, DRAIN_TIMEOUT=2.0)
        tuning = dispatcher.tuning()
        assert (tuning.batch, tuning.prefetch, tuning.lease, tuning.interval, tuning.drain) == (7, 8, 90.0, 10.0, 2.0)

    def test_no_two_runs_hold_leases_under_one_name(self):
        assert wiring.holder() != wiring.holder()
        assert str(os.getpid()) in wiring.holder()

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    async def test_a_signal_stops_it_and_the_bus_is_closed(self, site, monkeypatch, number):
        site(BUS="memory")
        closed = []

        async def run(_, stop):
            os.kill(os.getpid(), number)
            await asyncio.wait_for(stop.wait(), 10)

        async def close(bus):
            closed.append(bus)

        monkeypatch.setattr(schema, "check", lambda: None)
        monkeypatch.setattr(Dispatcher, "run", run)
        monkeypatch.setattr(MemoryBus, "close", close)
        await dispatcher.serve()
        assert len(closed) == 1
        for one in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().remove_signal_handler(one)

    def test_a_port_for_metrics_that_is_taken_is_told(self, site):
        site(BUS="memory")
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            with pytest.raises(CommandError, match="in use") as told:
                call_command("dispatcher", "--metrics-port", str(port))
        assert f"127.0.0.1:{port} (--metrics-address, --metrics-port)" in str(told.value)


class TestEventd:
    @pytest.fixture
    def started(self, monkeypatch):
        """What the daemon was started with."""
        found = []
        monkeypatch.delenv(eventd.URL_VARIABLE, raising=False)

        def main(arguments):
            found.append((eventd.parser().parse_args(arguments), os.environ.get(eventd.URL_VARIABLE)))
            monkeypatch.delenv(eventd.URL_VARIABLE, raising=False)
            return 0

        monkeypatch.setattr(eventd, "main", main)
        return found

    def run(self, *words):
        command = load_command_class(get_commands()["eventd"], "eventd")
        with pytest.raises(SystemExit) as ended:
            command.run_from_argv(["manage.py", "eventd", *words])
        return ended.value.code

    def test_it_starts_with_the_prefix_the_queue_and_the_broker_of_the_settings(self, site, started):
        site(BACKEND_PREFIX_ID="acme-", GANETI_QUEUE_DIR="/queue", AMQP_HOSTS=["amqp://a/", "amqp://b/"])
        assert self.run("--cluster", "c1") == 0
        ((given, urls),) = started
        assert (given.cluster, given.prefix, str(given.queue_dir)) == ("c1", "acme-", "/queue")
        assert urls.split() == ["amqp://a/", "amqp://b/"]

    def test_its_own_options_win(self, site, started):
        site(AMQP_HOSTS=["amqp://a/"])
        self.run("--cluster", "c1", "--prefix", "x-", "--amqp-url-file", "/urls")
        ((given, urls),) = started
        assert (given.prefix, str(given.amqp_url_file), urls) == ("x-", "/urls", None)

    def test_without_a_broker_it_says_what_to_set(self, site, started):
        site()
        assert "RABBIT_PASSWORD" in str(self.run("--cluster", "c1"))
        assert started == []

    @pytest.mark.parametrize("flag", ["-h", "--help"])
    def test_its_help_needs_no_broker(self, site, capsys, flag):
        site()
        assert self.run("--cluster", "c1", flag) == 0
        assert "--cluster" in capsys.readouterr().out
