"""The two tenants of the isolation matrix: what is asked for is there."""

from synnefo.api.tests.isolation.conftest import things as things  # noqa: PLC0414 - a fixture
