"""The commands of ``gate``, one module each; :mod:`gate.__main__` gathers them."""
