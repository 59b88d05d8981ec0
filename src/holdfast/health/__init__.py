"""How customers and accounts are: a score that is the sum of its reasons, and whether it was right."""
