"""Reviews of rates and terms: what would other terms do to the whole book, and who decided?"""
