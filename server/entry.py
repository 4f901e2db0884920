"""Where `invoicing` starts. Imports nothing yet: processes that render import this again, and need little."""


def main() -> None:
    from server.cli import main as run

    run()
