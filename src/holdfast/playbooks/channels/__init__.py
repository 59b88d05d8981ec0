"""How messages leave: the outbox, and one file a channel."""
