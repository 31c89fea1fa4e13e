"""What we exercise: the scenario language, its reader and its checks."""
