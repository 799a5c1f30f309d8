"""Neutron v2.0 over ``logic.network``: reading only, as long as networks are made by operators (``fixtures/networks.json``)
and ports with their servers."""
