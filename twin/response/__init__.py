"""What people do: detection, dispatch, travel, isolation, repair; agencies and crews."""
