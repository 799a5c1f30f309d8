"""What an operator decides, from ``settings.d``: read, checked against a typed schema, each value with its origin.

Floor: no Django, so that a Ganeti node can use it too. Callers: ``synnefo.settings``, and programs that run without
Django. ``schema`` says what may be set, with unit, default and reason; ``files`` runs the ``NN-name.conf`` files;
``loading`` puts shipped files, the site's and the environment together; ``derived`` is what follows from the values.
Nothing here writes, connects or logs.
"""

from logic.configuration.files import Origin
from logic.configuration.loading import ConfigurationError, Settings, load, site_directories
from logic.configuration.schema import Values

__all__ = ["ConfigurationError", "Origin", "Settings", "Values", "load", "site_directories"]
