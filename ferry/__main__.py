"""The ``ferry`` command line."""

import click

from ferry.commands import (
    care,
    custody,
    inventory,
    reading,
    release,
    resuming,
    service,
    writing,
)
from kernel.program import cli


@click.group(help="摆渡：经审批把待运内容写上介质并回读核对，或核验导入送来的介质。")
def ferry() -> None:
    """Group of the ferry's commands."""


for _command in (
    release.plan,
    release.request,
    release.approve,
    release.withdraw,
    writing.stage,
    writing.export,
    writing.burn,
    writing.verify,
    custody.label,
    custody.handover,
    reading.ingest,
    reading.inspect,
    reading.recover,
    reading.watch,
    service.work,
    custody.ledger,
    custody.stock,
    custody.archive,
    custody.destroy,
    custody.lost,
    custody.reject,
    custody.operator,
    inventory.inventory,
    resuming.resume,
    care.eject,
    care.copy,
    care.doctor,
):
    ferry.add_command(_command)


def main() -> None:
    """Entry of the console script."""
    cli.run(ferry, "ferry")


if __name__ == "__main__":
    main()
