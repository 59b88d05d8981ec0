"""Frozen rows in, text out: agendas, the day's mail, the calendar."""
