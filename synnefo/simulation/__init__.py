"""Deterministic simulation: the real dispatcher, ledger, reconciler, adapter, event daemon and Ganeti simulator on a
virtual clock, with seeded faults. One seed is one run: ``make simulate SEEDS=n``.

What is replaced is only what the seams allow: the event loop's clock, ``logic.clock``, ``logic.offload``, the bus and the
watched directory. ``docs/simulation.md`` says what is checked after each run and how to chase a seed that fails.
"""
