import re
from pathlib import Path

from extranet_zone.register.bases import RULES
from extranet_zone.register.document import rules_document

ROOT = Path(__file__).parents[3]
RULES_FOLDER = ROOT / "extranet_zone/register/rules"
MADE_UP = {
    *(f"{role}_not_holder" for role in ("transferor", "mortgagor", "holder", "obligor")),
    *(f"{kind}_{end}" for kind in ("easement", "residence") for end in ("missing", "ambiguous")),
}
"""Codes that a rule makes of a role or a kind of right."""


def test_page_of_the_rules_is_current() -> None:
    assert (ROOT / "docs/spec/register-rules.md").read_text("utf-8") == rules_document()


def test_every_rule_of_the_table_can_be_met_and_no_other() -> None:
    code = "".join(path.read_text("utf-8") for path in RULES_FOLDER.glob("*.py"))
    named = set(re.findall(r'"([a-z]+(?:_[a-z]+)+)"', code))
    assert set(RULES) <= named | MADE_UP
    for met in re.findall(r'found\(\s*"([a-z_]+)"', code):
        assert met in RULES


def test_no_rule_stands_twice() -> None:
    bases = (ROOT / "extranet_zone/register/bases.py").read_text("utf-8")
    codes = re.findall(r'_(?:blocks|warns)\(\s*"([a-z_]+)"', bases)
    assert len(codes) == len(set(codes)) == len(RULES)
