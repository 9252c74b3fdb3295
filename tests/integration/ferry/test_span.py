"""A trip over three discs comes home whole, in any order, with one of them badly scratched."""

import shutil
from pathlib import Path

import pytest
from appliance.bench import span
from integration.ferry.boat import here

pytestmark = pytest.mark.skipif(shutil.which("xorriso") is None, reason="xorriso is not installed")


def test_three_discs_read_in_the_order_three_one_two_with_one_repaired(tmp_path: Path) -> None:
    found = span.measure(
        tmp_path / "span", 9, bundle_mib=1, capacity=span.capacity_for(3, 1), start=here
    )
    assert found.discs == span.DISCS
    assert found.repaired_sectors > 0


@pytest.mark.slow
def test_twelve_gigabytes_over_three_dvds(tmp_path: Path) -> None:
    if shutil.disk_usage(tmp_path).free < 60 << 30:
        pytest.skip("60 GiB of disk are needed")
    found = span.measure(tmp_path / "span")
    assert found.discs == span.DISCS
    assert found.repaired_sectors > 0
