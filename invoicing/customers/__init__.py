"""The buyer: details, sessions and lists."""
