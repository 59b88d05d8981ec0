"""What is done for whom, and who is kept aside from it."""
