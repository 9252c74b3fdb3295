"""Examines the host it runs on and says, clause by clause, whether it is as it has to be.

``verify`` of ``ansible/``, the console command ``doctor`` and the acceptance report are one thing:
what should be stands in one file that the deployment wrote (:mod:`kernel.doctor.settings`), what is
was asked of the running host, never of the file that configures it where both can be had.
"""
