"""What was done on a contract in a mode of finance that buys, owns, leases or shares?"""
