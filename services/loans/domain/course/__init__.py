"""What becomes of a loan contract through everything that happens to it?"""
