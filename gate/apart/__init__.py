"""Foreign pictures and documents are decoded in a process of their own, which may die of it.

:mod:`.worker` is that process: it imports little, holds nothing, and may take little.
:mod:`.parser` starts it, asks it, and believes only a word from a short list.
"""
