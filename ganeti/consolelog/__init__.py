"""What guests say on their serial consoles, on the node that they run on: kept within a bound, told to who may know.

QEMU itself writes each guest's log, where ``contrib/ganeti-hooks/snf-kvm`` has told it to. ``snf-console-log`` beside that runs
``serving`` with Debian's own Python: the standard library alone. Who asks is ``ganeti.nodes``.
"""
