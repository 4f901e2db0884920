"""The commands of `invoicing`, a file for each; `account` and `key` share one."""
