"""Which reports do the accounting standards of AAOIFI ask for, out of our books?"""
