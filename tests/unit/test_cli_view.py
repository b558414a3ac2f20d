"""The commands that look into files: what they print for every format, and for damage."""

from __future__ import annotations

import gzip
import json
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from cascade2spark.cli import main
from cascade2spark.cli.viewing import SequenceView, view_of
from cascade2spark.codecs.sequence_writer import SequenceFileWriter
from cascade2spark.codecs.writables import BytesWritable, LongWritable, NullWritable, Text
from cascade2spark.errors import BadRecord
from cascade2spark.files import FileInfo
from cascade2spark.schemes import Avro

DATA = Path(__file__).parents[1] / "data"


def call(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def lines_of(*words: object) -> list[str]:
    result = call(*words)
    assert 0 == result.exit_code, result.output
    return result.stdout.splitlines()


def written(path: Path, key_type, value_type, keys, values, **options) -> Path:
    writer = SequenceFileWriter(key_type, value_type, **options)
    path.write_bytes(writer.start() + writer.encode(keys, values) + writer.finish())
    return path


@pytest.fixture
def logs(tmp_path) -> Path:
    """A folder of two files, keys and bytes."""
    folder = tmp_path / "logs"
    folder.mkdir()
    options = {"compression": "block", "codec": "gzip", "metadata": {"team": "ads"}}
    for part in range(2):
        keys = [10 * part + number for number in range(3)]
        values = [b"text", b"\xff\0", b"a\tb\\\n"]
        path = folder / f"part-0000{part}"
        written(path, LongWritable(), BytesWritable(), keys, values, **options)
    (folder / "_SUCCESS").touch()
    return folder


def test_schema_tells_what_a_sequence_file_says_of_itself(logs) -> None:
    facts = json.loads("".join(lines_of("schema", logs, "--json")))
    assert {
        "file": f"{logs}/part-00000",
        "files": 2,
        "bytes": sum(path.stat().st_size for path in logs.glob("part*")),
        "format": "sequence file, version 6",
        "key": "org.apache.hadoop.io.LongWritable",
        "value": "org.apache.hadoop.io.BytesWritable",
        "compression": "block",
        "codec": "org.apache.hadoop.io.compress.GzipCodec",
        "metadata team": "ads",
        "records": 3,
        "records in all": "about 6",
    }.items() <= facts.items()
    assert any(line.split() == ["metadata", "team", "ads"] for line in lines_of("schema", logs))


def test_records_of_a_large_file_are_estimated(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("cascade2spark.cli.viewing._COUNTED_BYTES", 200_000)
    values = ["x" * 100] * 10_000
    path = written(tmp_path / "a.seq", NullWritable(), Text(), [None] * 10_000, values)
    facts = view_of(FileInfo(str(path), path.stat().st_size)).facts()
    word, number = str(facts["records"]).split()
    assert "about" == word and 9_000 < int(number) < 16_000


def test_cat_prints_the_records_of_all_files_as_json(logs) -> None:
    found = [json.loads(line) for line in lines_of("cat", logs)]
    values = ["text", {"base64": "/wA="}, "a\tb\\\n"]
    assert found == [
        {"key": 10 * part + number, "value": values[number]}
        for part in range(2)
        for number in range(3)
    ]
    assert found[:4] == [json.loads(line) for line in lines_of("cat", logs, "--head", 4)]
    assert [] == lines_of("cat", logs, "--head", 0)


def test_cat_prints_values_with_tabs_between(logs) -> None:
    found = lines_of("cat", logs / "part-00000", "--format", "tsv")
    assert ["0\ttext", '1\t{"base64": "/wA="}', "2\ta\\tb\\\\\\n"] == found


def test_cat_spreads_tuples_and_shows_what_json_has_no_word_for() -> None:
    path = DATA / "cascading_tuples_block.seq"
    found = [json.loads(line) for line in lines_of("cat", path)]
    assert {"value": [1.5, -0.0, "nan", "inf"]} in found
    assert {"value": ["-12.50", "1E+3", "123456789012345678901234567890"]} in found
    assert "n\t1\ttwo\t" in lines_of("cat", path, "--format", "tsv")


def test_other_formats_are_told_by_their_first_bytes(tmp_path) -> None:
    rows = [{"a": 1, "b": "x"}, {"a": 2, "b": None}]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "p")
    assert rows == [json.loads(line) for line in lines_of("cat", tmp_path / "p")]
    assert {"format": "Parquet", "column a": "int64", "column b": "string"}.items() <= json.loads(
        lines_of("schema", tmp_path / "p", "--json")[0]
    ).items()
    scheme = Avro(("a", "b"), types=[int, str])
    writer = scheme.writer(scheme.sink_fields)
    parts = [writer.start(), writer.encode([(1, "x"), (2, None)]), writer.finish()]
    (tmp_path / "v").write_bytes(b"".join(parts))
    assert rows == [json.loads(line) for line in lines_of("cat", tmp_path / "v")]
    assert "Avro" == json.loads(lines_of("schema", tmp_path / "v", "--json")[0])["format"]
    (tmp_path / "t.txt").write_text("one\n\ntwo")
    assert ["one", "", "two"] == lines_of("cat", tmp_path / "t.txt", "--format", "tsv")
    assert "text" == json.loads(lines_of("schema", tmp_path / "t.txt", "--json")[0])["format"]


def test_damage_ends_the_command_or_is_left_out(tmp_path) -> None:
    path = written(tmp_path / "a", NullWritable(), BytesWritable(), [None] * 3, [b"a", b"b", b"c"])
    data = bytearray(path.read_bytes())
    data[-18] ^= 7  # the count of bytes of the second value
    path.write_bytes(data)
    broken = call("cat", path)
    assert 1 == broken.exit_code and "a record of" in broken.stderr
    left = call("cat", path, "--skip-bad", "--format", "tsv")
    assert (1, ["a", "c"]) == (left.exit_code, left.stdout.splitlines())
    assert "left out" in left.stderr
    path.write_bytes(data[:-2])
    found = call("schema", path, "--json")
    facts = json.loads(found.stdout)
    assert 1 == found.exit_code and 2 == facts["records"]
    assert "5 bytes, 3 are left (offset 121, record number 2)" in facts["damaged"]


def test_metadata_of_several_lines_stays_on_one(tmp_path) -> None:
    options = {"metadata": {"by": "ключ\nb"}}
    path = written(tmp_path / "a", NullWritable(), BytesWritable(), [None], [b"a"], **options)
    assert 'metadata by     "ключ\\nb"' in lines_of("schema", path)


def test_records_that_were_packed_as_a_whole_are_no_lines(tmp_path) -> None:
    path = written(tmp_path / "a", NullWritable(), BytesWritable(), [None], [b"a"])
    packed = tmp_path / "a.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    for command in ("schema", "cat"):
        found = call(command, packed)
        assert found.exit_code and "packed as a whole" in found.stderr
    packed.write_bytes(gzip.compress(b"SEQUEL\n"))
    assert ['{"line": "SEQUEL"}'] == lines_of("cat", packed)


def test_a_file_that_lacks_its_header_is_told(tmp_path) -> None:
    written(tmp_path / "a", NullWritable(), BytesWritable(), [None], [b"a"])
    (tmp_path / "b").write_bytes(b"")
    (tmp_path / "_SUCCESS").write_bytes(b"")
    broken = call("cat", tmp_path, "--format", "tsv")
    assert (1, "a\n") == (broken.exit_code, broken.stdout)
    assert "b is empty: it lacks even a header" in broken.stderr
    left = call("cat", tmp_path, "--skip-bad", "--format", "tsv")
    assert (1, "a\n") == (left.exit_code, left.stdout) and "left out" in left.stderr
    facts = call("schema", tmp_path)
    assert 1 == facts.exit_code and str(tmp_path / "b") in facts.stdout


def test_a_format_may_decode_values_itself(tmp_path) -> None:
    path = written(tmp_path / "a", LongWritable(), BytesWritable(), [1, 2], [b"x", b""])

    def decode(value: bytes) -> dict[str, object]:
        if not value:
            raise BadRecord("nothing there")
        return {"letter": value.decode()}

    bad: list[BadRecord] = []
    view = SequenceView(FileInfo(str(path), path.stat().st_size), decode)
    assert [{"key": 1, "letter": "x"}] == list(view.records(bad.append))
    assert ["nothing there"] == [one.headline for one in bad]


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("cat", "missing"), 4, "missing"),
        (("schema", "missing"), 4, "missing"),
        (("cat", "x", "--format", "xml"), 2, "'xml' is not one of"),
        (("cat", "x", "--head", "-1"), 2, "--head"),
    ],
)
def test_what_cannot_be_shown_is_said(words, code, message, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = call(*words)
    assert code == result.exit_code
    assert message in result.stderr


class Whole(SimpleHTTPRequestHandler):
    """Gives no parts of files."""

    def log_message(self, *words: object) -> None:
        pass


class Ranges(Whole):
    """Gives parts of files, as stores do."""

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self.wfile.write(self._answer())

    def _answer(self) -> bytes:
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_error(404)
            return b""
        data = path.read_bytes()
        asked = self.headers.get("Range", "").removeprefix("bytes=")
        first, _, last = asked.partition("-")
        found = data[int(first) : int(last or len(data)) + 1] if asked else data
        self.send_response(206 if asked else 200)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(len(found)))
        if asked:
            end = int(first) + len(found) - 1
            self.send_header("Content-Range", f"bytes {first}-{end}/{len(data)}")
        self.end_headers()
        return found


def test_files_are_looked_at_over_http(logs) -> None:
    pytest.importorskip("aiohttp", reason="fsspec reads http with it")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Ranges, directory=str(logs))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/part-00000"
        assert lines_of("cat", logs / "part-00000") == lines_of("cat", url)
        facts = json.loads(lines_of("schema", url, "--json")[0])
        missing = call("cat", url + "0")
        server.RequestHandlerClass = partial(Whole, directory=str(logs))
        without_parts = call("cat", url)
        server.shutdown()
    local = json.loads(lines_of("schema", logs / "part-00000", "--json")[0])
    assert {**local, "file": url} == facts
    assert 4 == missing.exit_code and "nothing exists at" in missing.stderr
    assert 4 == without_parts.exit_code and "download the file first" in without_parts.stderr


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("nowhere://a/b", "nothing is known of file systems called nowhere"),
        ("hdfs://host/a", "webhdfs://host:9870/path"),
    ],
)
def test_what_cannot_be_reached_is_said(path, said) -> None:
    found = call("cat", path)
    assert 4 == found.exit_code and said in found.stderr


def test_schema_tells_what_it_can_of_a_codec_that_is_unknown(tmp_path) -> None:
    path = written(tmp_path / "a", LongWritable(), Text(), [1], ["x"], compression="block")
    lzo = b"com.hadoop.compression.lzo.LzoCodec"
    known = b"org.apache.hadoop.io.compress.DefaultCodec"
    path.write_bytes(
        path.read_bytes().replace(bytes([len(known)]) + known, bytes([len(lzo)]) + lzo)
    )
    facts = json.loads(lines_of("schema", path, "--json")[0])
    assert ("block", lzo.decode()) == (facts["compression"], facts["codec"])
    assert "not counted: " in facts["records"]
    assert 3 == (found := call("cat", path)).exit_code and "copy the files once" in found.stderr


def test_an_empty_folder_is_said(tmp_path) -> None:
    result = call("schema", tmp_path)
    assert 4 == result.exit_code and "holds no file" in result.stderr
    assert [] == lines_of("cat", tmp_path)
