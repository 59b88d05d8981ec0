"""What holds a message back: consent, dead addresses, caps, quiet hours. One question for all that is due."""
