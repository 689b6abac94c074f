"""The pure core of monitoring: values in, values out."""
