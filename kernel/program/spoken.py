"""What click says to people, in Chinese: help pages, prompts, what is wrong with a command line.

click asks the process's gettext catalog, which follows the language of the environment. Our hosts
have none set, and their people read Chinese whatever it is: so its lookups are answered here. A
test holds the table to every sentence of the click that is installed.
"""

from types import ModuleType
from typing import Final

import click
from click import core, decorators, exceptions, formatting, parser, termui, types, utils

WORDS: Final = {
    "Usage:": "用法：",
    "Options": "选项",
    "Commands": "命令",
    "Positional arguments": "参数",
    "required": "必填",
    "deprecated": "已停用",
    "(dynamic)": "（自动）",
    "env var: {var}": "环境变量：{var}",
    "default: {default}": "默认：{default}",
    "file": "文件",
    "directory": "目录",
    "path": "路径",
    "Show this message and exit.": "显示本说明",
    "Show the version and exit.": "显示版本",
    "%(prog)s, version %(version)s": "%(prog)s 版本 %(version)s",
    "Try '{command} {option}' for help.": "用 {command} {option} 查看说明。",
    "Error: {message}": "错误：{message}",
    "Error: invalid input": "错误：输入无效",
    "Error: The two entered values do not match.": "两次输入不一致，请重新输入。",
    "Repeat for confirmation": "请再输入一遍",
    "Do you want to continue?": "是否继续？",
    "Confirm the action without prompting.": "不再询问，直接执行",
    "Press any key to continue...": "按任意键继续……",
    "Aborted!": "已中止",
    "unknown error": "未知错误",
    "Missing command.": "缺少命令。",
    "Missing argument": "缺少参数",
    "Missing option": "缺少选项",
    "Missing parameter": "缺少参数",
    "Missing parameter: {param_name}": "缺少参数：{param_name}",
    "Missing {param_type}": "缺少 {param_type}",
    "No such option {name!r}.": "没有选项 {name!r}。",
    "No such command {name!r}.": "没有命令 {name!r}。",
    "Did you mean {possibility}?": "是不是 {possibility}？",
    "(Did you mean one of: {possibilities}?)": "（是不是其中之一：{possibilities}？）",
    "Got unexpected extra argument ({args})": "多出参数（{args}）",
    "Got unexpected extra arguments ({args})": "多出参数（{args}）",
    "Invalid value: {message}": "值无效：{message}",
    "Invalid value for {param_hint}: {message}": "{param_hint} 的值无效：{message}",
    "Value must be an iterable.": "应给出若干个值。",
    "Could not open file {filename!r}: {message}": "无法打开文件 {filename!r}：{message}",
    "Takes {nargs} values but 1 was given.": "需要 {nargs} 个值，只给出 1 个。",
    "Takes {nargs} values but {len} were given.": "需要 {nargs} 个值，给出了 {len} 个。",
    "{len_type} values are required, but {len_value} was given.": (
        "需要 {len_type} 个值，给出了 {len_value} 个。"
    ),
    "{len_type} values are required, but {len_value} were given.": (
        "需要 {len_type} 个值，给出了 {len_value} 个。"
    ),
    "Option {name!r} does not take a value.": "选项 {name!r} 不带值。",
    "Option {name!r} requires an argument.": "选项 {name!r} 需要一个值。",
    "Option {name!r} requires {nargs} arguments.": "选项 {name!r} 需要 {nargs} 个值。",
    "Argument {name!r} takes {nargs} values.": "参数 {name!r} 需要 {nargs} 个值。",
    "Choose from:\n\t{choices}": "可选：\n\t{choices}",
    "Choice({choices})": "可选（{choices}）",
    "{value!r} is not {choice}.": "{value!r} 不是 {choice}。",
    "{value!r} is not one of {choices}.": "{value!r} 不在 {choices} 之中。",
    "{value!r} does not match the format {format}.": "{value!r} 不符合格式 {format}。",
    "{value!r} does not match the formats {formats}.": "{value!r} 不符合格式 {formats}。",
    "{value} is not in the range {range}.": "{value} 超出范围 {range}。",
    "{value!r} is not a valid boolean. Recognized values: {states}": (
        "{value!r} 不是是或否，可写：{states}"
    ),
    "{value!r} is not a valid {number_type}.": "{value!r} 不是有效的 {number_type}。",
    "{value!r} is not a valid UUID.": "{value!r} 不是有效的 UUID。",
    "{name} {filename!r} is a file.": "{name} {filename!r} 是文件。",
    "{name} {filename!r} is a directory.": "{name} {filename!r} 是目录。",
    "{name} {filename!r} is not readable.": "{name} {filename!r} 不可读。",
    "{name} {filename!r} is not writable.": "{name} {filename!r} 不可写。",
    "{name} {filename!r} is not executable.": "{name} {filename!r} 不可执行。",
    "{name} {filename!r} does not exist.": "{name} {filename!r} 不存在。",
}
PROGRAMMERS: Final = frozenset(
    {
        "DeprecationWarning: The command {name!r} is deprecated.{extra_message}",
        "DeprecationWarning: The {param_type} {name!r} is deprecated.{extra_message}",
        "Could not determine name for option with declarations {decls!r}",
        (
            "No options defined but a name was passed ({name}). Did you mean to declare an argument"
            " instead? Did you mean to pass '--{name}'?"
        ),
        "Arguments take exactly one parameter declaration, got {length}: {decls}.",
        "Name '{name}' defined twice",
        "Boolean option {decl!r} cannot use the same flag for true/false.",
        "Invalid start character for option ({option})",
        "Unknown standard stream '{name}'",
        "Unknown color {colour!r}",
    }
)
"""What only a mistake in our own code brings about; it stays as it is."""
SPEAKING: Final[tuple[ModuleType, ...]] = (
    *(core, decorators, exceptions, formatting, parser, termui, types, utils),
)
"""Modules of click whose sentences people see; editors, Windows and completion are not used."""


def _(text: str) -> str:
    return WORDS.get(text, text)


def _of_number(one: str, many: str, number: int) -> str:
    return _(one if number == 1 else many)


def speak_chinese() -> None:
    """From now on click speaks as :data:`WORDS` says; several times is as good as once."""
    for module in SPEAKING:
        for name, lookup in (("_", _), ("ngettext", _of_number)):
            if hasattr(module, name):
                setattr(module, name, lookup)
    # A type that click made while it was imported has its name already.
    click.Path.name = _("path")
