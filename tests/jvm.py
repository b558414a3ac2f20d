"""How the JVMs of tests run: each lives seconds, and most of what it does it does once."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["JVM_OPTIONS", "JVM_SETTINGS"]

# The second compiler and the threads of the other collectors took a third of a case's processor
# time, and paid for it in runs of hours only.
JVM_OPTIONS = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
JVM_SETTINGS: Mapping[str, str] = MappingProxyType(
    {
        "spark.driver.extraJavaOptions": JVM_OPTIONS,
        "spark.executor.extraJavaOptions": JVM_OPTIONS,
    }
)
