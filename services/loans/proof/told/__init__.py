"""Is every entry of the books told to those who follow a fund?"""
