"""What is measured: declared once, answered with one row per unit."""
