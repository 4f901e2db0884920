"""Stands for `invoicing`, whose process is forked in a nursery: python -I -S born.py SOCKET ARGUMENTS."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys

PASSED_ON = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def main(address: str, *arguments: str) -> None:
    folder = os.getcwd()  # noqa: PTH109 (pathlib takes as long to load as all of this)
    asked = {"arguments": arguments, "folder": folder, "variables": dict(os.environ)}
    text = json.dumps(asked).encode() + b"\n"
    with socket.socket(socket.AF_UNIX) as nursery:
        nursery.connect(address)
        sent = socket.send_fds(nursery, [text], [0, 1, 2])
        nursery.sendall(text[sent:])
        with nursery.makefile() as answers:
            pid = int(answers.readline())
            for each in PASSED_ON:
                signal.signal(each, lambda number, _: os.kill(pid, number))
            end_like(int(answers.readline()))


def end_like(status: int) -> None:
    if status < 0:
        signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    sys.exit(status)


if __name__ == "__main__":
    main(*sys.argv[1:])
