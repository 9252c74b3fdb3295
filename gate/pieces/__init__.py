"""Large files in pieces with parity, for gates that lose whole files (docs/spec/piece-v1.md).

A vendor's gate moves files, limits their size and name, and sometimes loses one without a word. A
file beyond its limits is cut into pieces, and to every group of pieces come parity pieces: any of
the group may vanish, as many as there is parity. The pieces hold no key and prove nothing; the file
they make is verified like any other.
"""
