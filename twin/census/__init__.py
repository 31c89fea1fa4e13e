"""From survey to city: vocabularies, reader, rules, repair, build, mask and update."""
