"""How it flows: arrays in, results out. Knows no names, tables, clock or files."""
