"""The literal table of faults: what can go wrong in a run, each kind one small function that also ends it.

A kind is carried out by ``nemesis`` and returns when the fault is over: a killed program has been started again, a server
answers, a link is whole. To add one, write a function in the module of its group and a line in ``table``.
"""
