"""The first fault of a catalogue file in Chinese: what is wrong, without the value."""

from typing import Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

_WORDS: Final = {
    "missing": "缺少这一项",
    "extra_forbidden": "没有这一项",
    "less_than_equal": "不能大于 {le}",
    "greater_than_equal": "不能小于 {ge}",
    "string_too_short": "不能少于 {min_length} 字",
    "string_too_long": "不能多于 {max_length} 字",
    "too_short": "不能少于 {min_length} 项",
    "too_long": "不能多于 {max_length} 项",
    "string_pattern_mismatch": "格式不正确",
    "literal_error": "应为 {expected} 之一",
    "enum": "应为 {expected} 之一",
    "string_type": "应为文字",
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "bool_type": "应为 true 或 false",
    "bool_parsing": "应为 true 或 false",
    "tuple_type": "应为列表",
    "model_type": "应为表",
    "dict_type": "应为表",
    "value_error": "{error}",
}
"""By pydantic's kind of fault; braces take what pydantic says of the bound."""


def first_fault(error: ValidationError) -> tuple[tuple[int | str, ...], str]:
    """Where the first fault lies, and what it is."""
    first = error.errors(include_url=False, include_input=False)[0]
    return first["loc"], _words(first)


def _words(fault: ErrorDetails) -> str:
    words = _WORDS.get(fault["type"])
    if words is None:
        return fault["msg"]
    return words.format_map(fault.get("ctx", {}))
