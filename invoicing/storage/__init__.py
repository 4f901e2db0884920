"""The database: connections, tables, migrations, the outbox, pages of rows."""
