"""What may happen to a contract after it was signed, as data and as arithmetic?"""
