"""What at least two programs need and that is not the business of one zone."""
