"""The demonstration: real data, two jobs to read and change, and what is shown of a run."""
