"""Rules: facts and a day in, a decision out."""
