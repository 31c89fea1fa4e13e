"""How fast, how much work, how much memory: measured beside peers and compared with a baseline."""
