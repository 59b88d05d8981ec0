"""What the work changed, and how surely."""
