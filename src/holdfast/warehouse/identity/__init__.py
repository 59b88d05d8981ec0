"""Which profiles are one person, and why: found again at every build, reversible at any time."""
