"""The matrix of failpoints: each operation, with each fault at each failpoint, ends as it does without the fault.

``python -m synnefo.simulation.matrix`` plays it in one process on the virtual clock, with simulated processes that are
killed and started again; ``synnefo/tests/test_real_kills.py`` kills real ones. ``docs/failpoints.md`` explains both.
"""
