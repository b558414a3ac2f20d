"""Files: naming, listing, cutting into ranges, reading lines, and committing output whole.

Nothing here knows rows, taps or Spark. Listing and committing happen on the driver; a `Split` and a
`PartPlace` are what travels to a task.
"""

from __future__ import annotations

from cascade2spark.files.commit import (
    OutputCommit,
    OutputMode,
    prepare_all,
    publish_all,
)
from cascade2spark.files.compression import (
    COMPRESSIONS,
    check_compression,
    compress,
    compression_of,
    compression_to_write,
    extension_of,
)
from cascade2spark.files.lines import (
    LineBlock,
    block_charset,
    can_split_charset,
    canonical_charset,
    line_offsets,
    read_line_blocks,
    split_lines,
    split_text_lines,
)
from cascade2spark.files.listing import (
    FileInfo,
    delete_path,
    expand_braces,
    has_glob,
    list_files,
    make_folders,
    matching_paths,
    modified_time,
    path_exists,
    path_kind,
)
from cascade2spark.files.parts import Manifest, PartPlace, PartWriter, WrittenFile
from cascade2spark.files.paths import (
    as_path_text,
    is_driver_only,
    local_path,
    route_of,
    without_hadoop,
)
from cascade2spark.files.recovery import RecoveryReport, check_no_unfinished_commit, recover
from cascade2spark.files.splits import (
    Split,
    cut_file,
    pack_splits,
    split_file,
    split_files,
    wave_bytes,
)
from cascade2spark.files.stores import LOCAL, CommitStore, LocalStore

__all__ = [
    "COMPRESSIONS",
    "LOCAL",
    "CommitStore",
    "FileInfo",
    "LineBlock",
    "LocalStore",
    "Manifest",
    "OutputCommit",
    "OutputMode",
    "PartPlace",
    "PartWriter",
    "RecoveryReport",
    "Split",
    "WrittenFile",
    "as_path_text",
    "block_charset",
    "can_split_charset",
    "canonical_charset",
    "check_compression",
    "check_no_unfinished_commit",
    "compress",
    "compression_of",
    "compression_to_write",
    "cut_file",
    "delete_path",
    "expand_braces",
    "extension_of",
    "has_glob",
    "is_driver_only",
    "line_offsets",
    "list_files",
    "local_path",
    "make_folders",
    "matching_paths",
    "modified_time",
    "pack_splits",
    "path_exists",
    "path_kind",
    "prepare_all",
    "publish_all",
    "read_line_blocks",
    "recover",
    "route_of",
    "split_file",
    "split_files",
    "split_lines",
    "split_text_lines",
    "wave_bytes",
    "without_hadoop",
]
