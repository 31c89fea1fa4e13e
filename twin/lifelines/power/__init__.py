"""Power: buses, lines, transformers and switches, what they feed and what feeds them."""
