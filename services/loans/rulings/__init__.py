"""What have Sharia boards ruled, and on which days does it hold?"""
