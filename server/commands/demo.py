"""`invoicing demo`: an example shop to try things out with."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from invoicing.demo import fill as shop
from invoicing.demo.shop import SELLER
from server.commands.common import exit_with, open_database
from server.commands.serve import demo_token
from server.settings import Settings


def demo(
    token: Annotated[
        str | None, typer.Option(help="The key's token; one of this installation's own when left out.")
    ] = None,
) -> None:
    """Make a demo account with customers, orders and invoices. The token of its key is the last line.

    It is made once: run again, this says what is there.
    """
    settings = Settings()
    with open_database(settings) as database:
        key = token or demo_token(settings)
        made = database.write(shop.create_demo_shop, token=key, now=datetime.now(UTC))
    if made is None:
        raise exit_with("The demo account's key was revoked.")
    typer.echo(
        f"{'Made' if made.is_new else 'There is'} the account {SELLER['name']} ({made.account_id}): "
        f"{made.customers} customers, {made.orders} orders, {made.invoices} invoices. Its key:",
        err=True,
    )
    typer.echo(key)
