"""Two requests at the same moment: the second is asked for while the first is not over yet."""

import threading
from collections.abc import Callable
from typing import Any

from django.db import connections, transaction

WAITED = 0.3  # seconds; too short a time makes no test fail that ought not to


def during(first: Callable[[], object], second: Callable[[], Any]) -> Any:
    """What becomes of the second: what it gives or raises."""
    results: list[Any] = []

    def run() -> None:
        try:
            results.append(second())
        except Exception as error:  # noqa: BLE001 - the test looks at it
            results.append(error)
        finally:
            connections.close_all()

    with transaction.atomic():
        first()
        thread = threading.Thread(target=run)
        thread.start()
        thread.join(WAITED)
    thread.join()
    return results[0]
