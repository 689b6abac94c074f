"""Subsidies of a price: one fund pays a part of what another fund's loan costs."""
