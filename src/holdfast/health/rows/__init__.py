"""Inputs as rows: one row per day asked about and party (customer or company), added up for accounts."""
