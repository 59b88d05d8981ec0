"""What an account is shown of itself: findings → story → figures with footnotes → deck. Pure: no database, no clock."""
