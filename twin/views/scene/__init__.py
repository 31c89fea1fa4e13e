"""The city as one scene in two and three dimensions, on screen or as a picture."""
