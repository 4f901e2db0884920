"""`invoicing reseal`: encrypts the secrets in the database under the server's secret of today."""

from __future__ import annotations

import typer

from invoicing.storage.database import Database
from invoicing.webhooks.secrets import seal_all
from server.commands.common import exit_with, open_database
from server.settings import Settings

_LOST = (
    "Secrets of webhooks that cannot be read here: {count:,}. They were stored under another "
    "INVOICING_SECRET_KEY. List it in INVOICING_OLD_SECRET_KEYS, or make new ones with rotateWebhookSecret."
)


def reseal() -> None:
    """Encrypt the secrets of webhooks again, after INVOICING_SECRET_KEY was changed.

    The former one has to be in INVOICING_OLD_SECRET_KEYS; afterwards it is not needed any more.
    """
    settings = Settings()
    with open_database(settings) as database:
        done = database.write(seal_all, settings.keyring, again=True)
    typer.echo(f"Secrets that were encrypted again: {done.sealed:,}.", err=True)
    if done.lost:
        raise exit_with(_LOST.format(count=done.lost))


def seal_stored(settings: Settings, database: Database) -> None:
    """Encrypts what versions before have stored as it is. Says what cannot be read."""
    done = database.write(seal_all, settings.keyring, again=False)
    if done.lost:
        typer.echo(_LOST.format(count=done.lost), err=True)
