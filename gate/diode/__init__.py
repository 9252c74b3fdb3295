"""The bare one-way link: files through datagrams that nobody answers (docs/spec/diode-v1.md).

Between the two drop folders of the gate this package takes the place of a vendor's hardware: the
sending end takes files from one folder, the receiving end puts them, whole or not at all, into the
other. It knows nothing of bundles and holds no key of theirs; the gate's two sides above it work as
they do with any other gate.

::

    folder → objects → blocks → symbols + parity → interleaved → sealed datagrams → pace → wire
    wire → datagrams checked → symbols gathered → blocks repaired → objects whole → folder
"""
