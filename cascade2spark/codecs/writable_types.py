"""Which Writable a Java class name, or a short name, stands for."""

from __future__ import annotations

from typing import Any

import attrs

from cascade2spark.codecs.writable_containers import ArrayWritable, MapWritable
from cascade2spark.codecs.writables import (
    HADOOP_IO,
    NULL,
    BooleanWritable,
    BytesWritable,
    ByteWritable,
    DoubleWritable,
    FloatWritable,
    IntWritable,
    LongWritable,
    RawWritable,
    ShortWritable,
    Text,
    VIntWritable,
    VLongWritable,
    Writable,
    short_name,
)
from cascade2spark.errors import BuildError

__all__ = ["KNOWN_WRITABLES", "writable_of"]

KNOWN_WRITABLES: dict[str, Writable] = {
    writable.class_name: writable
    for writable in (
        NULL,
        BytesWritable(),
        Text(),
        IntWritable(),
        LongWritable(),
        FloatWritable(),
        DoubleWritable(),
        BooleanWritable(),
        VIntWritable(),
        VLongWritable(),
        ByteWritable(),
        ShortWritable(),
        MapWritable(),
    )
}


def writable_of(name: str) -> Writable:
    """Return what reads and writes a class.

    Args:
        name: full name, or the short one of a class of Hadoop's. A class that is not known keeps
            its bytes as they are stored, unless the name tells what they are: "own.Name as Text".
            An ArrayWritable names what it holds: "ArrayWritable<Text>". Java's ".class" may stay.
    Raises:
        BuildError: an array is of a class that is not known.
    Example:
        >>> writable_of("Text")
        Text(class_name='org.apache.hadoop.io.Text')
        >>> writable_of("com.example.Event as BytesWritable")
        BytesWritable(class_name='com.example.Event')
        >>> writable_of("com.example.Event")
        RawWritable(class_name='com.example.Event')
    """
    own, _, stored = name.removesuffix(".class").partition(" as ")
    if stored:
        renamed: Writable = attrs.evolve(_known(stored.strip()), class_name=own.strip())
        return renamed
    found: Writable = _known(own)
    return found


def _known(name: str) -> Any:
    array, _, element = name.strip().removesuffix(">").partition("<")
    if element and array.removeprefix(HADOOP_IO) == "ArrayWritable":
        inner = _known(element)
        if isinstance(inner, RawWritable):
            raise BuildError(
                "an ArrayWritable does not store what it holds: say of which class of Hadoop's",
                asked=name,
                details={"classes": ", ".join(map(short_name, KNOWN_WRITABLES))},
                fix="as in ArrayWritable<Text>",
            )
        return ArrayWritable(inner)
    known = KNOWN_WRITABLES.get(name) or KNOWN_WRITABLES.get(HADOOP_IO + name)
    return known or RawWritable(name)
