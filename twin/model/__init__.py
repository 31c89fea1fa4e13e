"""What there is: immutable tables and networks, the one mutable state, the append-only journal."""
