"""``python -m appliance.sandbox``: the sandbox as a process of its own."""

from pathlib import Path

import click

from appliance.sandbox.app import make_app
from appliance.sandbox.store import Store
from kernel.clock import SystemClock
from kernel.program.cli import run
from kernel.web.server import serve


@click.command(
    help="联调沙箱：扮演省中枢及其后的外地机构、法院、财政、税务、住建、短信、邮政（样例）"
)
@click.option("--folder", type=click.Path(path_type=Path), required=True, help="数据目录")
@click.option("--host", default="127.0.0.1", show_default=True, help="监听地址")
@click.option("--port", type=int, required=True, help="监听端口")
@click.option("--token-file", type=click.Path(path_type=Path), required=True, help="平台出示的凭据")
def main(*, folder: Path, host: str, port: int, token_file: Path) -> None:
    """Serve until stopped."""
    token = token_file.read_text("ascii").strip()
    store = Store(folder, SystemClock())
    serve(lambda: make_app(store, token), host, port, threads=4)


if __name__ == "__main__":
    run(main, "sandbox")
