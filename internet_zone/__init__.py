"""The internet zone: the portal where citizens and companies apply (一窗办事平台)."""
