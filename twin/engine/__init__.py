"""What happens: the clock, incidents, failures, the cascade, and who is solved again when."""
