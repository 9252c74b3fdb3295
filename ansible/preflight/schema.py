"""Each value by itself: known, of the right kind, within its range. The schema says which."""

import ipaddress
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import jsonschema
import yaml

from preflight.problems import Problem
from preflight.source import Vault, read
from preflight.view import Host, Variable

SCHEMA: Final = Path(__file__).with_name("schema.yml")
CONNECTION: Final = frozenset(
    f"ansible_{name}"
    for name in (
        "become_password",
        "connection",
        "host",
        "port",
        "python_interpreter",
        "ssh_common_args",
        "ssh_private_key_file",
        "user",
    )
)
"""How Ansible reaches the host; its own documentation says what they mean."""
_ALLOWED_TEMPLATE: Final = "{{ inventory_dir }}/"
_LIMITS: Final = {
    "minimum": "不得小于 {}",
    "maximum": "不得大于 {}",
    "minItems": "至少要有 {} 项",
    "maxItems": "至多 {} 项",
    "minLength": "至少 {} 个字符",
    "maxLength": "至多 {} 个字符",
    "uniqueItems": "有重复的项",
}
_TYPES: Final = {
    "boolean": "true 或 false",
    "integer": "整数",
    "string": "文字",
    "array": "列表",
    "object": "表",
}
_FORMATS: Final = {
    "ipv4": "不是 IPv4 地址",
    "network": "不是网段（如 10.1.2.0/24，主机位须为 0）",
}
_KINDS: Final = {
    bool: "true 或 false",
    int: "整数",
    float: "数",
    str: "文字",
    list: "列表",
    dict: "表",
}


def load_schema() -> dict[str, Any]:
    """The schema of a view."""
    found: dict[str, Any] = yaml.safe_load(SCHEMA.read_text("utf-8"))
    return found


def role_defaults(roles: Path) -> dict[str, Any]:
    """What the roles let a view change beside the schema, with what it is otherwise."""
    found: dict[str, Any] = {}
    for path in sorted(roles.glob("*/defaults/main.yml")):
        value = read(path).value
        found.update(value if isinstance(value, dict) else {})
    return found


def check_values(
    host: Host, schema: Mapping[str, Any], defaults: Mapping[str, Any]
) -> Iterator[Problem]:
    """Problems of single values; what relates several is for :mod:`preflight.rules`."""
    properties = schema["properties"]
    for name, variable in host.variables.items():
        if name not in properties and name not in defaults and name not in CONNECTION:
            yield variable.place().problem("inventory_unknown", f"不认识的变量 {name}", name)
        if name in defaults and name not in properties:
            yield from _kind(name, variable, defaults[name])
    computed = {
        name: found
        for name, variable in host.variables.items()
        if name in properties and (found := list(_templates(name, variable)))
    }
    yield from (problem for found in computed.values() for problem in found)
    values = {
        name: variable.value
        for name, variable in host.variables.items()
        if name in properties and not isinstance(variable.value, Vault)
    }
    validator = jsonschema.Draft202012Validator(schema, format_checker=_formats())
    for error in validator.iter_errors(values):
        if not error.absolute_path or error.absolute_path[0] not in computed:
            yield _problem(error, host, properties)


def _formats() -> jsonschema.FormatChecker:
    checker = jsonschema.FormatChecker()

    @checker.checks("ipv4", raises=ValueError)
    def is_address(value: object) -> bool:
        return bool(ipaddress.IPv4Address(value)) if isinstance(value, str) else True

    @checker.checks("network", raises=ValueError)
    def is_network(value: object) -> bool:
        # Strict: an address with bits beyond its mask is a slip of the pen.
        return bool(ipaddress.IPv4Network(value)) if isinstance(value, str) else True

    return checker


def _problem(
    error: jsonschema.ValidationError, host: Host, properties: Mapping[str, Any]
) -> Problem:
    path = list(error.absolute_path)
    if error.validator == "required" and not path:
        missing = str(error.message).split("'")[1]
        title = properties[missing]["title"]
        return host.place.problem("inventory_missing", f"缺少 {missing}（{title}）", missing)
    name = str(path[0])
    variable, inside = host.variables[name], path[1:]
    place = variable.place(*inside)
    words = f"{name}（{properties[name]['title']}）"
    for part in inside:
        words += f"第 {part + 1} 项" if isinstance(part, int) else f"的 {part} "
    code, what = _what(error)
    return place.problem(code, f"{words}{what}", name)


def _what(error: jsonschema.ValidationError) -> tuple[str, str]:
    """Code and words for what the schema's keyword refused."""
    keyword, limit = str(error.validator), error.validator_value
    if keyword in _LIMITS:
        return "inventory_range", _LIMITS[keyword].format(limit)
    if keyword in ("enum", "const"):
        listed = limit if isinstance(limit, list) else [limit]
        return "inventory_value", "只能是 " + "、".join(str(value).lower() for value in listed)
    if keyword == "additionalProperties":
        # The message quotes every name that was not expected, and nothing else.
        names = re.findall("'([^']*)'", str(error.message))
        return "inventory_unknown", "有不认识的项：" + "、".join(names)
    if keyword == "required":
        return "inventory_missing", "缺少 " + str(error.message).split("'")[1]
    if keyword == "type":
        return "inventory_type", f"应当是{_TYPES.get(str(limit), str(limit))}"
    # Where a pattern decides, the schema says in words how it is written.
    schema = error.schema if isinstance(error.schema, dict) else {}
    pattern = schema.get("description", "的写法不正确")
    return "inventory_value", _FORMATS.get(str(limit), str(pattern))


def _templates(name: str, variable: Variable) -> Iterator[Problem]:
    """A value that is computed cannot be checked before; only the view's own folder may stand."""
    for inside, value in texts(variable.value):
        if "{{" in value.removeprefix(_ALLOWED_TEMPLATE) or "{%" in value:
            yield variable.place(*inside).problem(
                "inventory_template",
                f"{name} 须写明确的值，只许以 {_ALLOWED_TEMPLATE} 开头",
                name,
            )


def texts(
    value: Any, inside: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Every text within ``value``, with where it is."""
    if isinstance(value, str) and not isinstance(value, Vault):
        yield inside, value
    elif isinstance(value, dict):
        for key, child in value.items():
            yield from texts(child, (*inside, key))
    elif isinstance(value, list):
        for n, child in enumerate(value):
            yield from texts(child, (*inside, n))


def _kind(name: str, variable: Variable, default: Any) -> Iterator[Problem]:
    """A role's default of another kind would break its templates in the middle of a deployment."""
    value = variable.value
    if isinstance(value, Vault) or default is None or type(value) is type(default):
        return
    is_computed = isinstance(default, str) and "{{" in default
    if is_computed or {type(value), type(default)} == {int, float}:
        return
    word = _KINDS.get(type(default), "其他")
    yield variable.place().problem("inventory_type", f"{name} 应当是{word}", name)
