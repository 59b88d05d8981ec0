"""Inference on tallies and arrays: numbers in, frozen results out. Knows no customer."""
