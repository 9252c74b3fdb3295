import json

import pytest

from extranet_zone.register.services.stock_line import area_text, parse_line
from kernel.errors import InvalidValueError

LINE: dict[str, object] = {
    "unit_no": "419001001001GB00001F00010001",
    "parcel_no": "419001001001GB00001",
    "location": "济源市沁园街道示范路1号",
    "use": "住宅",
    "area_m2": 98.5,
    "right_type": "4",
    "certificate_no": "豫（2018）济源市不动产权第0000123号",
    "recorded_on": "2018-03-02",
    "holders": [
        {"name": "张三", "document_type": "1", "document_no": "41900119800101001X", "share": ""}
    ],
    "sharing": "0",
    "mortgages": [],
    "restrictions": [],
}


def refusal(**changed: object) -> str:
    with pytest.raises(InvalidValueError) as refused:
        parse_line(json.dumps({**LINE, **changed}).encode())
    return refused.value.code


def test_whole_line_is_taken() -> None:
    assert parse_line(json.dumps(LINE).encode()).holders[0].name == "张三"


def test_line_that_is_no_json_is_refused() -> None:
    with pytest.raises(InvalidValueError) as refused:
        parse_line(b"{")
    assert refused.value.code == "line_not_json"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"unit_no": "419001"}, "unit_length"),
        ({"parcel_no": "419001001001GB00002"}, "parcel_mismatch"),
        ({"right_type": "77"}, "right_type_unknown"),
        ({"sharing": "9"}, "sharing_unknown"),
        ({"sharing": "2"}, "shares_sum"),
        ({"area_m2": "98.505"}, "area_invalid"),
        ({"area_m2": "-1"}, "area_invalid"),
        ({"area_m2": "NaN"}, "area_invalid"),
        ({"holders": []}, "line_schema"),
        ({"geometry": {}}, "line_schema"),
        ({"recorded_on": "2018-02-30"}, "line_schema"),
    ],
)
def test_defective_line_is_refused_by_its_code(changed: dict[str, object], code: str) -> None:
    assert refusal(**changed) == code


def test_area_is_text_with_two_decimals() -> None:
    assert area_text("98.5") == "98.50"
