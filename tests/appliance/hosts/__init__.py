"""Three hosts that boot with systemd, each in its own network, deployed by ``ansible/``.

What cannot be had here: a kernel of each host's own, so kernel audit, USB and clocks are seen only
as configuration (the acceptance report says which rows were not applicable).
"""
