"""Java's regular expressions: tree, character sets, parser and writers."""
