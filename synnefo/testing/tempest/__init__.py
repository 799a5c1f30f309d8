"""OpenStack's own suite, Tempest, against the embedded cloud: ``make tempest``.

``cloud`` starts the cloud and finds in it what the suite needs, ``conf`` writes that down for it, ``running`` starts it in its
own virtual environment and reads what came of each test, ``lists`` are the tests of ``contrib/tempest``. Nothing else uses this.
"""
