"""What each channel of a network responds to, and what is lost without it."""
