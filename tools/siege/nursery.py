"""Starts one server or worker again and again, without its imports: they were done before it was forked.

A process that is killed is back within a tenth of a second, so that a siege can afford many kills. It reads
lines from its parent; each is the command line of an `invoicing` to start, and its pid is written back.
"""

from __future__ import annotations

import os
import signal
import sys


def main() -> None:
    import psycopg  # noqa: F401 (the imports are what takes time)

    import server.app
    import server.commands.cli
    import server.commands.serve
    import server.commands.worker  # noqa: F401
    from server.entry import main as run

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the dead
    for line in sys.stdin:
        if (pid := os.fork()) == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(2, 1)  # what the parent reads is the nursery's
            sys.argv = ["invoicing", *line.split()]
            run()
            os._exit(0)
        print(pid, flush=True)
