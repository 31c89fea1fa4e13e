"""Files that surveys come in: each becomes source tables of texts or numbers."""
