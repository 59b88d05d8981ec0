"""What may be asked of a customer on a day: a fixed vocabulary, each word answered by one query for many at once."""
