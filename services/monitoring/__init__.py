"""The monitoring service: the funded project, the portfolio, and the donor page."""
