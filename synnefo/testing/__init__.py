"""Private servers for tests and benches, and the pytest plugin that hands them out.

``postgres`` and ``rabbitmq`` start servers of our own on spare ports in a temporary directory; ``processes`` is what both
stand on; ``certificates`` makes a throw-away authority; ``databases`` runs Django on another database for a while;
``plugin`` is loaded by pytest (``addopts`` in pyproject.toml). Nothing of the running cloud imports this package.
"""
