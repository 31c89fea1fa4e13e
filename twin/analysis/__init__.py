"""What it means: pure functions of a journal and a city (causes, service, resilience, comparison)."""
