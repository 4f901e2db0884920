"""How many requests a key, a customer, or a stranger's address may send."""
