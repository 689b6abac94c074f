"""`rafid check`: do the figures that others published come out of ours, case by case?"""
