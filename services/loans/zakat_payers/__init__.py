"""Who pays zakat, where and when, and what gold and silver cost."""
