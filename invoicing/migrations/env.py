"""Alembic's entry: migrates over the connection that `upgrade` hands in."""

from alembic import context

from invoicing.tables import SQLModel

context.configure(connection=context.config.attributes["connection"], target_metadata=SQLModel.metadata)
context.run_migrations()
