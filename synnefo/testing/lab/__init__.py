"""A real Ganeti on this machine: Debian's packages, each node in namespaces of its own, nothing of the machine's touched.

``make ganeti-up`` keeps one (``__main__``, ``holding``), tests enter one (``cluster.Lab``). The parts: ``node`` (namespaces),
``sight`` (which files a node sees), ``network`` (the bridge between the nodes and us), ``daemons``, ``cluster``. What of ours
runs on a node is in ``ours``.
"""
