"""The donor's pages: what the money did, drawn and written for people."""
