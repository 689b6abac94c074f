"""Whether the lines of funds fit."""
