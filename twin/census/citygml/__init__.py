"""Utility networks in CityGML (PLATEAU's urban object extension, uro) as a source of a census."""
