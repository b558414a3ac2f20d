"""The same jobs as one would write them without this library."""
