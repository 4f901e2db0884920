"""What `invoicing` can be told to do: a file a command."""
