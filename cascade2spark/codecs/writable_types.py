"""Which Writable a Java class name, or a short name, stands for."""

from __future__ import annotations

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
    MapWritable,
    RawWritable,
    ShortWritable,
    Text,
    VIntWritable,
    VLongWritable,
    Writable,
)

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
    """Return what reads and writes a class; bytes as they are stored for one that is not known.

    Example:
        >>> writable_of("Text")
        Text(class_name='org.apache.hadoop.io.Text')
        >>> writable_of("com.example.Event")
        RawWritable(class_name='com.example.Event')
    """
    known = KNOWN_WRITABLES.get(name) or KNOWN_WRITABLES.get(HADOOP_IO + name)
    return known or RawWritable(name)
