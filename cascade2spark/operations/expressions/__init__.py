"""The expression language: tokens, syntax tree, types, and the Python that is made of it."""
