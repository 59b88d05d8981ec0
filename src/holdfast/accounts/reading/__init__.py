"""What pages show of the book of work."""
