"""Sample data from a seed and public shapes: parcels, register stock, people, materials, cases.

Everything but the shapes of the parcels is invented; the same seed gives the same bytes.
"""
