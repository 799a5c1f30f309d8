"""Consoles: a guest's screen for its owner, over WebSocket (noVNC) and as raw VNC (vncauthproxy's protocol).

``rfb`` is the opening of the VNC protocol, pure; ``relay`` carries bytes both ways; ``opening`` shakes hands over a connection.
Nothing here decides who may see what: that is ``logic.compute.consoles``, where tickets are.
"""
