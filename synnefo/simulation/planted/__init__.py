"""Bugs as patches, each a believable mistake that the simulation must find; ``seeds.json`` names a seed that finds it.

``planting`` applies a patch to a copy of the tree and runs seeds there; ``python -m synnefo.simulation.planted`` searches
for the seeds anew. ``tests/test_planted.py`` holds the simulation to them.
"""
