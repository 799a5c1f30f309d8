"""Reading identity: ``tokens`` (``authenticate``, which every request begins with), ``holding`` (who holds which roles),
``directory``, ``roles``, ``assignments``, ``credentials``, ``stored``, ``catalog``, ``limits``.

Who may see all is told by ``logic.identity.rules``; others see what is their own, and the rest is answered as unknown.
"""

from logic.identity import rules

__all__ = ["rules"]
