"""What kills, full disks and power cuts do to gate, ferry and exchange: at every call, once."""
