"""Gas: a graph of what the census knows."""
