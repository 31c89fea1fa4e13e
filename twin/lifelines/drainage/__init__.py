"""Drainage: a graph of what the census knows."""
