"""Many visitors at once: are answers exact, does the page answer, what becomes of those for whom there is no room?"""
