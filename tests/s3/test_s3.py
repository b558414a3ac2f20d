"""Text read from an S3 server on this machine, by both engines.

The server answers only requests signed with the right key, so that a test that passes has carried
the settings to where the file was opened.
"""

from __future__ import annotations

import gzip
import logging
import re
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import attrs
import pytest

from cascade2spark import (
    Each,
    Fields,
    Flow,
    LocalFlowConnector,
    Pipe,
    SparkFlowConnector,
)
from cascade2spark.errors import TapError
from cascade2spark.files.s3 import S3Access, S3Settings, environment_access, use_s3
from cascade2spark.operations import Identity
from cascade2spark.schemes import TextDelimited
from cascade2spark.taps import GlobHfs, Hfs, MemoryTap

WHY = 'needs s3fs and moto: pip install -e ".[test-s3]"'
pytest.importorskip("s3fs", reason=WHY)
pytest.importorskip("moto.server", reason=WHY)

BIG_ROWS = 400_000
HEADED = Fields("name", "count")
VARIABLES = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_PROFILE",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_S3",
)


@attrs.frozen
class Store:
    """The server: its URL, the one key it accepts, and the requests it saw."""

    url: str
    key: str
    secret: str
    seen: list[tuple[str, str]]

    @property
    def settings(self) -> S3Settings:
        return S3Settings(self.url, None, self.key, self.secret, is_path_style=True)


class Guard:
    """Refuses what is not signed with the key, except reads of the bucket `open`."""

    def __init__(self, application: Any, key: str, seen: list[tuple[str, str]]) -> None:
        self._application = application
        self._key = key
        self._seen = seen

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Any:
        signed = environ.get("HTTP_AUTHORIZATION", "")
        path = environ["PATH_INFO"]
        self._seen.append((environ["REQUEST_METHOD"], environ.get("HTTP_RANGE", "")))
        is_open = not signed and re.match(r"/open(/|$)", path)
        if is_open or f"Credential={self._key}/" in signed:
            return self._application(environ, start)
        start("403 Forbidden", [("Content-Type", "application/xml")])
        return [b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"]


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    import threading

    from moto.server import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    key, secret, seen = f"AK{uuid.uuid4().hex}", f"SK{uuid.uuid4().hex}", []
    application = Guard(DomainDispatcherApplication(create_backend_app), key, seen)
    server = make_server("127.0.0.1", 0, application, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    found = Store(f"http://127.0.0.1:{server.server_port}", key, secret, seen)
    fill(found)
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


def fill(store: Store) -> None:
    import s3fs

    system = s3fs.S3FileSystem(**store.settings.options())
    for bucket in ("jobs", "open"):
        system.mkdir(bucket)
    big = "".join(f"{number}\t{'x' * 20}\n" for number in range(BIG_ROWS)).encode()
    files = {
        "jobs/in/a.tsv": b"name\tcount\na\t1\nb\t2\n",
        "jobs/in/b.tsv": b"name\tcount\nc\t3\n",
        "jobs/in/c.tsv.gz": gzip.compress(b"name\tcount\nd\t4\n"),
        "jobs/in/empty.tsv": b"",
        "jobs/in/_SUCCESS": b"",
        "jobs/big/part-00000": big,
        "open/a.tsv": b"name\tcount\no\t5\n",
    }
    for path, data in files.items():
        access = {"ACL": "public-read"} if path.startswith("open/") else {}
        system.pipe_file(path, data, **access)


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings but the test's own."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def by_environment(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("AWS_ENDPOINT_URL", store.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", store.key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", store.secret)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    before = use_s3(environment_access)
    yield store
    use_s3(before)


@pytest.fixture
def hadoop(sc: Any) -> Iterator[Callable[[str, str], None]]:
    """Sets `fs.s3a.*` settings of the context for one test."""
    from cascade2spark.spark.session import active_s3_access

    source_before = use_s3(active_s3_access)
    configuration = sc._jsc.hadoopConfiguration()
    before: dict[str, str | None] = {}

    def set_(name: str, value: str) -> None:
        before.setdefault(name, configuration.get(name))
        configuration.set(name, value)

    yield set_
    for name, value in before.items():
        if value is None:
            configuration.unset(name)
        else:
            configuration.set(name, value)
    use_s3(source_before)


@pytest.fixture
def by_context(store: Store, hadoop: Callable[[str, str], None]) -> Store:
    hadoop("fs.s3a.endpoint", store.url)
    hadoop("fs.s3a.path.style.access", "true")
    hadoop("fs.s3a.access.key", store.key)
    hadoop("fs.s3a.secret.key", store.secret)
    return store


def copy(connector: Any, tap: Any) -> tuple[Flow, list[Any]]:
    sink = MemoryTap()
    flow = connector.connect(tap, sink, Each(Pipe("copy"), Identity()))
    flow.complete()
    return flow, sorted(sink.rows)


def headed(path: str, tap: Any = Hfs) -> Any:
    return tap(TextDelimited(HEADED, True, "\t"), path)


EXPECTED = [("a", "1"), ("b", "2"), ("c", "3"), ("d", "4")]


@pytest.mark.parametrize("scheme", ["s3", "s3a", "s3n"])
def test_the_local_engine_reads_a_folder_and_gzip(by_environment: Store, scheme: str) -> None:
    assert EXPECTED == copy(LocalFlowConnector(), headed(f"{scheme}://jobs/in"))[1]


def test_the_local_engine_reads_a_glob_and_names_from_the_header(by_environment: Store) -> None:
    tap = Hfs(TextDelimited(Fields.ALL, True, "\t"), "s3://jobs/in/[ab].tsv")
    flow, rows = copy(LocalFlowConnector(), tap)
    assert EXPECTED[:3] == rows
    assert HEADED == flow.open_source().get_fields()


@pytest.mark.parametrize("scheme", ["s3", "s3a", "s3n"])
def test_spark_reads_with_the_settings_of_its_context(
    sc: Any, by_context: Store, scheme: str
) -> None:
    tap = headed(f"{scheme}://jobs/in/*.tsv*", GlobHfs)
    assert EXPECTED == copy(SparkFlowConnector(sc), tap)[1]


def test_spark_reads_a_header_with_the_settings_of_its_context(sc: Any, by_context: Store) -> None:
    tap = Hfs(TextDelimited(Fields.ALL, True, "\t"), "s3a://jobs/in/*.tsv")
    assert EXPECTED[:3] == copy(SparkFlowConnector(sc), tap)[1]


def test_spark_carries_the_drivers_environment_to_tasks(
    sc: Any, hadoop: Any, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The workers' environment is as old as the JVM, and has none of this.
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", store.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", store.key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", store.secret)
    assert EXPECTED == copy(SparkFlowConnector(sc), headed("s3://jobs/in"))[1]


def test_a_bucket_has_its_own_settings(sc: Any, hadoop: Any, store: Store) -> None:
    hadoop("fs.s3a.endpoint", "http://127.0.0.1:9")
    hadoop("fs.s3a.bucket.jobs.endpoint", store.url)
    hadoop("fs.s3a.bucket.jobs.access.key", store.key)
    hadoop("fs.s3a.bucket.jobs.secret.key", store.secret)
    assert EXPECTED == copy(SparkFlowConnector(sc), headed("s3://jobs/in"))[1]


def test_anonymous_reads_an_open_bucket_only(sc: Any, hadoop: Any, store: Store) -> None:
    provider = "org.apache.hadoop.fs.s3a.AnonymousAWSCredentialsProvider"
    hadoop("fs.s3a.endpoint", store.url)
    hadoop("fs.s3a.aws.credentials.provider", provider)
    assert [("o", "5")] == copy(SparkFlowConnector(sc), headed("s3://open/a.tsv"))[1]
    with pytest.raises(TapError, match=r"cannot reach s3://jobs/in"):
        copy(SparkFlowConnector(sc), headed("s3://jobs/in"))


def test_ranges_of_one_file_are_read_once_each(sc: Any, by_context: Store) -> None:
    tap = Hfs(TextDelimited(Fields("n", "x"), "\t"), "s3://jobs/big")
    size = tap.list_files()[0].size
    by_context.seen.clear()
    properties = {"cascade2spark.split.bytes": str(4 << 20)}
    _, rows = copy(SparkFlowConnector(sc, properties), tap)
    assert sorted(str(number) for number in range(BIG_ROWS)) == [row[0] for row in rows]
    lengths = []
    for method, asked in by_context.seen:
        first, last = re.findall(r"\d+", asked) if method == "GET" and asked else (1, 0)
        lengths.append(int(last) - int(first) + 1)
    # Tasks fetch their own range, and an edge of 64 KB on either side.
    assert len([length for length in lengths if length > 1 << 20]) >= 2
    assert size <= sum(lengths) < size * 1.2


def test_files_that_come_later_are_seen(by_environment: Store) -> None:
    import s3fs

    system = s3fs.S3FileSystem(**by_environment.settings.options())
    tap = headed("s3://jobs/later")
    system.pipe_file("jobs/later/a", b"name\tcount\nx\t1\n")
    assert 1 == len(copy(LocalFlowConnector(), tap)[1])
    system.pipe_file("jobs/later/b", b"name\tcount\ny\t1\n")
    assert 2 == len(copy(LocalFlowConnector(), tap)[1])


def test_what_is_missing_is_named(by_environment: Store) -> None:
    with pytest.raises(TapError, match=r"nothing exists at s3://jobs/inn") as caught:
        copy(LocalFlowConnector(), headed("s3://jobs/inn"))
    assert "s3://jobs/in" == caught.value.nearest
    with pytest.raises(TapError, match=r"no file matches s3://jobs/in/\*\.csv"):
        copy(LocalFlowConnector(), headed("s3a://jobs/in/*.csv"))
    with pytest.raises(TapError, match=r"no bucket is named nowhere"):
        copy(LocalFlowConnector(), headed("s3://nowhere/in"))
    assert not headed("s3://nowhere/in").resource_exists()


def test_no_keys_and_wrong_keys_are_named(
    by_environment: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "other")
    with pytest.raises(TapError, match=r"cannot reach s3://jobs/in: \w") as caught:
        headed("s3://jobs/in").list_files()
    assert "cascade2spark doctor s3://jobs/in" in str(caught.value.fix)
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    with pytest.raises(TapError, match=r"cannot reach s3://jobs/in: .*credentials"):
        headed("s3://jobs/in").list_files()


def test_a_failing_task_names_the_path(sc: Any, by_context: Store) -> None:
    tap = headed("s3://jobs/in/a.tsv")
    flow = SparkFlowConnector(sc).connect(tap, MemoryTap(), Each(Pipe("copy"), Identity()))
    listed = tap.list_files()
    tap.list_files = lambda: [attrs.evolve(listed[0], path="s3://jobs/in/gone.tsv")]
    with pytest.raises(TapError, match=r"cannot read s3://jobs/in/gone\.tsv"):
        flow.complete()


def test_secrets_are_not_told(sc: Any, by_context: Store, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    flow, _ = copy(SparkFlowConnector(sc), headed("s3://jobs/in"))
    told = [
        flow.plan_text(),
        repr(flow.stats.as_dict()) if hasattr(flow.stats, "as_dict") else repr(flow.stats),
        repr(S3Access(by_context.settings)),
        *(record.getMessage() for record in caplog.records),
    ]
    assert not [text for text in told if by_context.secret in text]
    ours = [r.getMessage() for r in caplog.records if r.name.startswith("cascade2spark")]
    assert not [text for text in ours if by_context.key in text]
