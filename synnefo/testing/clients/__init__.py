"""The clients that our users bring, walking through a day in a cloud: acceptance tests.

``client`` is the ``openstack`` command, ``serving`` the process that it runs in, ``shell`` reads and walks a file of its lines,
such as those in ``contrib/clients``. Nothing of the running cloud imports this package.
"""
