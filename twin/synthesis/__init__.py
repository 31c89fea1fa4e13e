"""A city from a seed: terrain, streets, six lifelines, a survey with noise and known defects."""
