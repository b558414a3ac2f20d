"""read_thrift and write_thrift: structs in sequence files, decoded by the Python tasks."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Literal

import attrs
from pyspark import RDD, SparkContext

from cascade2spark.codecs.sequence_header import Compression
from cascade2spark.errors import BadRecord
from cascade2spark.fields import Fields
from cascade2spark.files import Split
from cascade2spark.rdd.parts import Paths, RecordFormat, read_records, refuse, write_records
from cascade2spark.rdd.tasks import Call, check_callable
from cascade2spark.schemes.base import SourceInfo
from cascade2spark.schemes.thrift import ThriftSequenceFile
from cascade2spark.taps.base import SinkMode

__all__ = ["read_thrift", "write_thrift"]

_BLOCK_BYTES = 1 << 20


def read_thrift(
    context: SparkContext,
    paths: Paths,
    struct: Any,
    name: str | None = None,
    *,
    fields: Sequence[str] | None = None,
    protocol: Literal["binary", "compact"] = "binary",
    text: Literal["replace", "strict", "surrogateescape"] = "replace",
    unknown: Literal["drop", "keep"] = "drop",
    trailing: Literal["refuse", "ignore"] = "refuse",
    include_dirs: Iterable[str] = (),
    on_bad: Callable[[BadRecord], None] | None = None,
    min_partitions: int | None = None,
) -> RDD[Any]:
    """Return the thrift structs of Hadoop sequence files, or some fields of them.

    Without `fields` elements are records, objects with an attribute for each field, which stay
    bytes: counting or writing them elsewhere decodes nothing, a filter on a field reads that field
    alone. With `fields` elements are tuples, and nothing else is decoded: three of twenty
    fields take a fifth of the time of all.

    Args:
        context: the Spark context.
        paths: a file, a folder, a glob, or several of them: local or on S3.
        struct: path or text of an IDL, a class that thriftpy2 loaded, or a `ThriftStruct`. It
            travels to the workers; they need neither the file nor a module.
        name: which struct of the IDL; may be left out if it has only one.
        fields: names of fields, or paths such as ``user.address.city``.
        protocol: binary or compact.
        text: what invalid UTF-8 becomes: replace, strict or surrogateescape.
        unknown: fields that the IDL does not know: drop, or keep, for records.
        trailing: bytes behind the end of a struct: refuse the record, or ignore them.
        include_dirs: folders of files that the IDL includes.
        on_bad: called in the task for each record that cannot be read, which is then left out;
            None raises.
        min_partitions: least number of partitions, if the files can be cut so often.
    Raises:
        BuildError: the IDL cannot be parsed, or has no such struct or field.
        TapError: a path does not exist; (in the tasks) a file holds something else.
        BadRecord: (in the tasks) a record that cannot be read, with its file, number and field.
    Example:
        idl = "struct Visit { 1: string user, 2: i64 ms }"
        write_thrift(sc.parallelize([{"user": "ann", "ms": 5}], 1), "visits", idl)  # 1
        read_thrift(sc, "visits", idl, fields=["user"]).collect()  # [('ann',)]
        read_thrift(sc, "visits", idl).first().ms  # 5
    """
    if on_bad is not None:
        check_callable("read_thrift", "on_bad", on_bad, ("bad record",))
    scheme = ThriftSequenceFile(
        struct,
        name,
        fields=fields,
        as_object=fields is None,
        protocol=protocol,
        text=text,
        unknown=unknown,
        trailing=trailing,
        include_dirs=include_dirs,
    )
    return read_records("read_thrift", context, paths, _Structs(scheme, on_bad), min_partitions)


def write_thrift(
    rdd: RDD[Any],
    path: str | os.PathLike[str],
    struct: Any,
    name: str | None = None,
    *,
    fields: Sequence[str] | None = None,
    protocol: Literal["binary", "compact"] = "binary",
    text: Literal["replace", "strict", "surrogateescape"] = "replace",
    unknown: Literal["drop", "keep"] = "drop",
    value_class: str = "BytesWritable",
    mode: SinkMode | str = SinkMode.KEEP,
    compression: Compression = "none",
    codec: str = "zlib",
    include_dirs: Iterable[str] = (),
) -> int:
    """Write thrift structs to sequence files: a part file for each partition, all of them or none.

    Args:
        rdd: records, objects with their attributes, or dicts by field name; with `fields`, tuples
            of the values of these.
        path: the output folder: local, or a mount that all machines share.
        struct: as for `read_thrift`.
        name: which struct of the IDL.
        fields: names of fields that tuples hold.
        protocol: binary or compact.
        text: surrogateescape writes the bytes back that it kept of text that is no UTF-8; the
            others refuse them.
        unknown: fields that records kept when they were read: drop, or keep and write them.
        value_class: Java class of the values: BytesWritable, ThriftWritable (elephant-bird's) or a
            full name. Keys are NullWritable.
        mode: KEEP refuses existing output, REPLACE takes its place once the new one is complete,
            UPDATE adds to it.
        compression: none, record or block.
        codec: zlib, gzip, bzip2 or, with the extra [codecs], snappy, lz4, zstd.
        include_dirs: folders of files that the IDL includes.
    Returns:
        The number of structs written.
    Raises:
        BuildError: the IDL cannot be parsed, or arguments do not go together.
        TapError: the output exists, or cannot be written.
        RunError: a value has no place in its field, with the field.
    Example:
        idl = "struct Visit { 1: string user, 2: i64 ms }"
        rdd = sc.parallelize([("ann", 5), ("bob", 6)], 1)
        write_thrift(rdd, "rows", idl, fields=["user", "ms"], compression="block")  # 2
    """
    scheme = ThriftSequenceFile(
        struct,
        name,
        fields=fields,
        as_object=fields is None,
        protocol=protocol,
        text=text,
        unknown=unknown,
        value_class=value_class,
        compression=compression,
        codec=codec,
        include_dirs=include_dirs,
    )
    scheme.writer(scheme.source_fields)  # what cannot be written is said here, not in a task
    return write_records("write_thrift", rdd, path, _Structs(scheme, None), mode)


@attrs.frozen
class _Structs(RecordFormat):
    scheme: ThriftSequenceFile
    on_bad: Callable[[BadRecord], None] | None

    def read(self, split: Split, call: Call) -> Iterator[list[Any]]:
        source = SourceInfo(self.scheme.source_fields, name=split.path)
        blocks = self.scheme.blocks(split, source, _BLOCK_BYTES)
        on_bad = self.on_bad or (lambda error: refuse(call, error))
        yield from self.scheme.reader(source).values(blocks, on_bad)

    def writer(self, call: Call) -> _StructWriter:
        return _StructWriter(self.scheme, self.scheme.source_fields, call)


class _StructWriter:
    def __init__(self, scheme: ThriftSequenceFile, fields: Fields, call: Call) -> None:
        file = scheme.writer(fields)
        self._file = file
        self._call = call
        self._width = len(fields)
        self._as_object = scheme.as_object
        self.start = file.start
        self.finish = file.finish

    def encode(self, elements: list[Any], /) -> bytes:
        if self._as_object:
            if elements and isinstance(elements[0], (tuple, list)):
                raise self._call.refusal(
                    "an element is a tuple, and nobody says of which fields",
                    row=elements[0],
                    fix="give their names: fields=[...]",
                )
            return self._file.encode_records(elements)
        for one in elements:
            if not isinstance(one, (tuple, list)) or len(one) != self._width:
                raise self._call.refusal(f"an element is no tuple of {self._width} values", row=one)
        return self._file.encode(elements)
