"""Which funds may finance whom, which not, and why; nothing is changed by asking."""
