"""The routers that this node carries: asked of the API, each a namespace with a leg on the bridge of each of its networks.

``snf-routers`` runs ``following``. What lets them speak runs out by itself in the kernel, so that a node that hears of no API any
more, or whose agent is gone, is silent before another node takes its routers over.
"""
