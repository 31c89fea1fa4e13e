"""How we know: the user's own network in the reference engine of its field, component by component."""
