"""The repair of a survey: conservative, switchable, logged, undone exactly."""
