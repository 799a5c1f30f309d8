"""Reading identity: ``tokens`` (``authenticate``, which every request begins with), ``directory``, ``credentials``.

Admins see all; others see what is their own, and the rest is answered as unknown.
"""
