"""Progress: every step of a case with its time and network, as the applicant sees it."""
