"""What was known of every customer of a shop on a day, as columns of numbers."""
