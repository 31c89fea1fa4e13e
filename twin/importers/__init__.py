"""Many lifelines at once: roads and whole cities of other tools."""
