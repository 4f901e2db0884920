"""The database: connections, tables, migrations, outbox, pages."""
