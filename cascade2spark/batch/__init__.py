"""What one task does to batches of rows or columns; knows nothing of Spark."""
