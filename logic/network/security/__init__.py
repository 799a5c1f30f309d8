"""Security groups: what may be asked of them, who is in them, and what is refused. Their tables are in ``logic.network.models``;
what a node is told of them is ``logic.network.enforcing``."""
