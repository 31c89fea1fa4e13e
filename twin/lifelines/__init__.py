"""What each network is: one folder per lifeline, found by entry point."""
