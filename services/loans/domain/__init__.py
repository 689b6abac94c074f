"""The pure core of loans: values in, values out."""
