"""The book that a review of rates and terms is made on: what was lent, at which terms, to whom."""
