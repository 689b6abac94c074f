"""The pure core of scoring: values in, values out."""
