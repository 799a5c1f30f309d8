"""What the cloud wants of the interfaces on this node: asked of its API, kept in files for ``snf_node.firewall``, set at once.

``snf-interfaces`` runs ``following``. Nothing of the API's is believed before it has been understood, and nothing that is known
is forgotten because nobody answers.
"""
