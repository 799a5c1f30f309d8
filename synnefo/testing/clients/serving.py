"""``python -m synnefo.testing.clients.serving``: the whole ``openstack`` command for many lines in one process.

What takes a second of each ``openstack`` is Python reading its modules; here that is paid once, and ``--wait`` looks
several times a second instead of every few. A line of standard input is a JSON list of words, a line of the answer
``[exit code, output, complaints]``. Everything else is the command's own. Started by ``client``.
"""

import contextlib
import io
import json
import logging
import sys
import time
from collections.abc import Sequence

from openstackclient.shell import OpenStackShell

LONGEST_SLEEP = 0.25  # seconds
_sleep = time.sleep


def main() -> None:
    answers = sys.stdout
    time.sleep = lambda seconds: _sleep(min(float(seconds), LONGEST_SLEEP))
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), file=answers, flush=True)


def run(words: Sequence[str]) -> tuple[int, str, str]:
    """Exit code, standard output, standard error."""
    output, complaints = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(complaints):
        try:
            code = int(OpenStackShell().run(list(words)) or 0)
        except SystemExit as end:
            code = int(end.code or 0)
    logging.getLogger().handlers.clear()  # each run adds its own, to a standard error that is gone
    return code, output.getvalue(), complaints.getvalue()


if __name__ == "__main__":
    main()
