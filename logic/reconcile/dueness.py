"""When resources that are looked at all together, cluster by cluster, are due: those that a server is not. Reads only.

Called by ``networks`` and ``volumes``; of servers and ports each is due by itself (``servers``).
"""

import datetime

from django.db import connection

from logic import clock
from logic.db import Stateful, asked, moment

# In plain SQL, since it is asked all the time, and mostly in vain.
_LATEST = """
SELECT MAX(one.look_at) FROM {table} AS one JOIN placement_backend AS home ON home.id = one.backend_id
WHERE home.name = %s AND one.look_at <= %s AND one.observed <> 'gone'"""


def latest(model: type[Stateful], backend: str) -> datetime.datetime | None:
    """Of the times that have come to look at one of a cluster's; None: there is none."""
    values = [backend, connection.ops.adapt_datetimefield_value(clock.now())]
    return moment(asked(_LATEST.format(table=model._meta.db_table), values)[0][0])
