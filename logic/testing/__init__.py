"""Worlds for tests: rows to start from, and a run of the road without programs. Used by tests only."""
