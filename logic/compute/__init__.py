"""Servers, flavors and keypairs."""
