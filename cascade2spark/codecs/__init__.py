"""Pure byte formats: bytes to records and back, without Spark, Arrow or an engine."""
