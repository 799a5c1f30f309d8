"""Bytes from a web server that a tenant names: ``addresses`` says who may be asked, ``asking`` asks.

The cloud stands where a tenant does not: behind the firewall, beside the metadata and the clusters' own servers. So what is
asked is decided by the address that a name leads to, and that address is the one that is connected to, at each redirection too.
"""
