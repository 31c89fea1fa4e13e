"""Between files and the model: tables, city data sets, run folders. Knows no lifeline."""
