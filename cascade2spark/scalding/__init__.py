"""Scalding in Python: the typed API, the fields API, jobs, sources, dates and algebra."""
