"""Column forms of operations, schemes and keys, one family a file."""
