"""What must stand in a fund, and what do its deed and its returns hold before it?"""
