"""The Spark engine: steps as RDD transformations over blocks. Thin, over `batch`."""
