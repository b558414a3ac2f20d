"""How fast jobs run here, beside hand-written RDD code, Scala and DataFrames, in one run."""
