"""Where `invoicing` starts. Imports nothing yet: processes that render import this again, and need little."""

import os


def main() -> None:
    os.umask(0o077)  # the database, the PDFs and the secret are their owner's
    from server.commands.cli import main as run

    run()
