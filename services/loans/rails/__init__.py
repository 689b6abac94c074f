"""Providers of payments behind one protocol; the sandbox wallet is built in."""
