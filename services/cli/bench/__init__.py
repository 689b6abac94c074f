"""`rafid bench`: what does Rafid do on this machine? Each figure is printed, none is kept.

A benchmark is a module of this package with a function named as its command; what it measures
with stands in `services/cli/benchmarks`. Ways that are compared run in turns, in one run.
"""
