"""The embedded issuer of tokens: sign-in of people, secrets of programs, keys for verifiers."""
