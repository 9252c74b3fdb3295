#!/usr/bin/python3
"""Checks a view before anything is changed: ``./check_view.py VIEW``.

It leaves nothing behind, not even Python's own caches: every file of an unpacked bundle is listed,
and one more would be refused by the next ``verify.py``.
"""

import sys

sys.dont_write_bytecode = True

from preflight.__main__ import main  # noqa: E402 - only after the line above

if __name__ == "__main__":
    sys.exit(main())
