"""From pipes to steps: resolve fields, check, rewrite, lower, and print any stage."""
