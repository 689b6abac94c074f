"""Webhooks: integrators are told what happened, signed, in order, until they have it."""
