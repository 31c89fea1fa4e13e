"""Water supply: junctions, reservoirs, tanks, pipes, pumps and valves."""
