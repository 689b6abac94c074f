"""What do the rules of zakat ask of collection, eligibility, grants, costs and holding?"""
