"""`make bench`: Cairn beside what it could be at most and at least, in one run."""
