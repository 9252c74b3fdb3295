"""Time limits in working time, by the official Chinese calendar."""
