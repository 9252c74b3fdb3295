"""The commands of ``ferry``, grouped by who uses them; :mod:`ferry.__main__` gathers them."""
