"""``make chaos``: the whole cloud as real processes, shot at, and checked afterwards. ``docs/chaos.md`` tells operators.

``cloud`` starts the parts (PostgreSQL, RabbitMQ, two Ganeti simulators, event daemons, dispatchers, an API node), each
joined to what it needs by a ``proxy.Link`` that can be hurt. ``tenants`` and ``outsiders`` make work, ``nemesis`` carries
out a seeded ``plan`` of faults out of the literal table in ``kinds``, ``canary`` measures how soon the cloud is well
again, ``history`` remembers all of it, and ``checking`` holds the end against it, with the invariants that the
deterministic simulation uses too. Nothing of the running cloud imports this package.
"""
