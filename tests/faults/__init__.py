"""What kills, full disks and power cuts do to the gate and the exchange: at every call, once."""
