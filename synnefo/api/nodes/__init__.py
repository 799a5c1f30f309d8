"""What the nodes of Ganeti clusters ask (``snf_node.wanted``), below ``/nodes``. No service of the catalog's."""
