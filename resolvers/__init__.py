"""What every front door can do: require a scope, run a command or a loader, return."""
