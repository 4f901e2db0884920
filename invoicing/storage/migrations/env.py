"""Alembic's entry: migrates over the connection that `upgrade` hands in."""

from alembic import context
from sqlmodel import SQLModel

import invoicing.storage.tables  # noqa: F401 (fills the metadata)

context.configure(connection=context.config.attributes["connection"], target_metadata=SQLModel.metadata)
context.run_migrations()
