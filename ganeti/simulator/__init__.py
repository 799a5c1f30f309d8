"""A small Ganeti: the cluster the embedded cloud runs on, and the one the simulation breaks.

It answers the remote API as Ganeti 3.0.2 does, keeps its own state, writes job files and runs hooks. ``cluster`` is the
machine without clock or threads; ``simulator`` gives it time and lets several callers in; ``transport`` and ``server``
are its two doors; ``opening`` finds one again in a directory. Nothing is imported here.
"""
