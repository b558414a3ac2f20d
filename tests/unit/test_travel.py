"""What Spark says when it fails, as a user is told."""

from __future__ import annotations

from cascade2spark.errors import FlowError
from cascade2spark.spark.travel import error_of

SAID = """An error occurred while calling z:org.apache.spark.api.python.PythonRDD.runJob.
: org.apache.spark.SparkException: Job aborted due to stage failure: Task 1 in stage 8.0 failed: {}
\tat org.apache.spark.util.SparkErrorUtils.tryWithSafeFinally(SparkErrorUtils.scala:86)
Caused by: {}
"""


def test_a_full_disk_of_sparks_own_is_told_as_such() -> None:
    told = error_of(Exception(SAID.format(*["java.io.IOException: No space left on device"] * 2)))
    assert isinstance(told, FlowError)
    assert str(told) == (
        "the disk is full: Spark has no room for what it shuffles, or keeps\n"
        "  spark says  : org.apache.spark.SparkException: Job aborted due to stage failure: "
        "Task 1 in stage 8.0 failed: java.io.IOException: No space left on device\n"
        "  fix         give Spark larger disks (spark.local.dir)"
    )


def test_what_else_spark_says_is_passed_on() -> None:
    told = str(error_of(Exception(SAID.format(*["java.lang.OutOfMemoryError: heap"] * 2))))
    assert told.startswith("Spark failed to run the flow\n  spark says  : org.apache.spark")
    assert "Caused by: java.lang.OutOfMemoryError: heap" in told
