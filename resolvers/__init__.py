"""What every front door can do: check the caller's scope, run a command or a query, return the result."""
