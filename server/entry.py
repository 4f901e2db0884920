"""Where `invoicing` starts. It imports little, as the processes that render PDFs import it again."""

import os

from server.loading import load_structlog, loading


def main() -> None:
    os.umask(0o077)  # only their owner may read the database, the PDFs and the secret
    with loading():
        load_structlog()
        from server.commands.cli import main as run

    run()
