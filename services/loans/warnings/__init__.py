"""Early warnings: the facts of running loans, their month's grading, the officers' list."""
