"""How it looks: palette, layout, charts, maps, the report and what is exported."""
