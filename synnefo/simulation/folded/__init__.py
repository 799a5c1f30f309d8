"""The ledger's rules under thousands of histories: claims, the adapter, the fold and the looks on the store in memory, without a
loop, a broker or a database. ``python -m synnefo.simulation --store memory``; ``docs/simulation.md`` says what is real in it.
"""
