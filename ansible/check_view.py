#!/usr/bin/python3
"""Checks a view before anything is changed: ``./check_view.py VIEW``.

It leaves nothing behind, not even Python's own caches: every file of an unpacked bundle is listed,
and one more would be refused by the next ``verify.py``.
"""

import sys

sys.dont_write_bytecode = True

try:
    from preflight.__main__ import main
except ModuleNotFoundError as error:
    print(  # noqa: T201 - a command line
        f"错误 [tool_missing] 控制端缺少 Python 模块 {error.name}，见系统管理员手册第 1 节",
        file=sys.stderr,
    )
    sys.exit(5)

if __name__ == "__main__":
    sys.exit(main())
