"""What a borrower takes home: statements, schedules, certificates and receipts, on paper."""
