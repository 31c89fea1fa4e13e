"""The digital twin of a city's lifelines."""
