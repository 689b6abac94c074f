"""Assignment runs: which fund is proposed for which waiting application, and who approved it."""
