"""Erases what is known of a customer, but for what the law has the seller keep."""
