"""``python -m synnefo.bench``: start private servers, measure, print JSON lines, stop them."""

import argparse
import asyncio
import os


def main() -> None:
    """Everything there is to measure."""
    options = _parser().parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "synnefo.settings")
    import django

    django.setup()
    from synnefo.bench import dispatcher, figures, messages
    from synnefo.testing import databases
    from synnefo.testing.postgres import PostgresServer
    from synnefo.testing.rabbitmq import RabbitServer

    with PostgresServer(durable=True) as postgres, RabbitServer() as rabbit:
        postgres.create_database("bench")
        entry = postgres.django("bench")
        databases.migrate(entry)
        with databases.replaced(entry):
            messages.populate(options.servers)
            measured = dispatcher.measure(
                rabbit.url, count=options.messages, servers=options.servers, runs=options.runs
            )
            ours, peers = asyncio.run(measured)
        facts = {"messages": options.messages, "servers": options.servers, "fsync": True, "queue": "quorum"}
        print(figures.line("dispatcher.one/raw_consumer", "events/s", ours, peers, **facts), flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m synnefo.bench", description=__doc__)
    parser.add_argument("--messages", type=int, default=20_000, help="a run")
    parser.add_argument("--servers", type=int, default=1_000, help="distinct servers they are about")
    parser.add_argument("--runs", type=int, default=3, help="of each, interleaved")
    return parser


if __name__ == "__main__":
    main()
