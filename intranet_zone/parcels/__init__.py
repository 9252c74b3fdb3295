"""Parcels and their geometry: loading, neighbours, checks, drawing."""
