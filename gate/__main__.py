"""The ``gate`` command line."""

import click

from gate.commands.control import drain, pause, resume
from gate.commands.drill import drill
from gate.commands.health import health
from gate.commands.link import link
from gate.commands.metrics import metrics
from gate.commands.quarantine import quarantine
from gate.commands.receive import receive
from gate.commands.resend import resend
from gate.commands.send import send
from gate.commands.status import status
from gate.commands.verify import verify
from gate.commands.watch import watch
from kernel.program import cli


@click.group(help="单向光闸：把交换包从发送网送到接收网，只进不出。")
def gate() -> None:
    """Group of the gate's commands."""


for _command in (
    send,
    receive,
    status,
    pause,
    drain,
    resume,
    quarantine,
    verify,
    health,
    metrics,
    watch,
    resend,
    drill,
    link,
):
    gate.add_command(_command)


def main() -> None:
    """Entry of the console script."""
    cli.run(gate, "gate")


if __name__ == "__main__":
    main()
