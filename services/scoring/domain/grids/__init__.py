"""Grids of criteria beside the scorecards: what they ask, how sheets are judged and compared."""
