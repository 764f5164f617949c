"""Pure arithmetic on plain data: distributions, rates with their intervals, and findings."""
