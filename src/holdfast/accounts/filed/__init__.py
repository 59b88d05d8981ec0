"""Accounts, people and contracts from a file: what each row would do to the book of work."""
