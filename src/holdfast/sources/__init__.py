"""Where facts come from: one folder a system, and `files` for what a person can export."""
