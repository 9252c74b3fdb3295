"""The exchange pages of every zone: alarms, streams, carriers, bundles, quarantine, decisions.

They show what this zone knows. The other side is never asked: what is known of it is what its last
beacon said, and when that was. Nothing personal is shown here, only numbers of cases.
"""

from kernel.web.exchange_console.desk import Desk
from kernel.web.exchange_console.metrics import metrics_command
from kernel.web.exchange_console.views import blueprint, rules

__all__ = ["Desk", "blueprint", "metrics_command", "rules"]
