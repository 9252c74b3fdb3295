"""``python -m appliance.sample FOLDER --seed N``: write every sample file."""

from pathlib import Path
from typing import Final

import click

from appliance.sample.bad_files import write_bad_files
from appliance.sample.materials import main_materials, write_materials
from appliance.sample.parcels import move_parcels, write_parcels
from appliance.sample.people import write_accounts
from appliance.sample.register import DEFAULT_UNITS, FEWEST, MOST_UNITS, stock, write_register
from appliance.sample.scenario import DEFAULT_CASES, scenario, write_scenario

DEFAULT_SEED: Final = 20260105
_FEWEST_FOR_SCENARIO: Final = DEFAULT_UNITS
_NOTICE: Final = """\
# 样例数据

本目录由程序按种子 {seed} 生成，同一种子生成的内容相同。

- 宗地形状取自法国地籍（DGFiP，Etalab 处理，2022-01-01 版，Licence Ouverte 2.0），
  整体平移至济源；不是济源的宗地。
- 姓名、证件号码、地址、证号、单位、账号和材料全部为虚构。
  虚构的身份证号码以 419000 开头，该代码不签发身份证。
- 账号密码是公开的样例密码，不得用于生产环境。
"""


@click.command(help="生成全部样例数据：宗地、登记簿存量、账号、办件清单和扫描材料。")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--seed", default=DEFAULT_SEED, show_default=True, help="种子")
@click.option(
    "--units",
    default=DEFAULT_UNITS,
    show_default=True,
    type=click.IntRange(FEWEST, MOST_UNITS),
    help="登记簿单元数",
)
@click.option("--materials/--no-materials", default=True, help="是否生成扫描材料")
def main(folder: Path, *, seed: int, units: int, materials: bool) -> None:
    """Write everything below ``folder``; the same seed writes the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "README.md").write_text(_NOTICE.format(seed=seed), "utf-8")
    moved = move_parcels()
    write_parcels(folder, moved.parcels)
    click.echo(f"宗地 {len(moved.parcels)} 宗，舍去无效图形 {moved.dropped} 个")
    write_register(folder, seed, units, moved.parcels)
    click.echo(f"登记簿 {units} 个单元")
    for path in write_accounts(folder):
        click.echo(f"账号 {path.name}")
    if units >= _FEWEST_FOR_SCENARIO:
        cases = scenario(stock(moved.parcels, seed, _FEWEST_FOR_SCENARIO), seed)
        write_scenario(folder, cases)
        click.echo(f"办件 {len(cases)} 件")
    else:
        click.echo(f"单元少于 {_FEWEST_FOR_SCENARIO} 个，不生成 {DEFAULT_CASES} 件办件清单")
    if materials:
        written = write_materials(folder / "materials", main_materials(seed))
        size = sum(path.stat().st_size for path in written)
        click.echo(f"材料 {len(written)} 个文件，{size / 1e6:.1f} MB")
        bad = write_bad_files(folder / "bad-files", seed)
        click.echo(f"不合格文件 {len(bad)} 个")


if __name__ == "__main__":
    main()
