"""What was paid of what: entries, balances and allocation."""
