"""What a Spark context lacks, and how it is said."""

from __future__ import annotations

import pytest

from cascade2spark.context_settings import UNIX_SOCKETS, bytes_of, lacks_of
from cascade2spark.doctor import check_spark_conf
from cascade2spark.errors import FlowError

GOOD = {UNIX_SOCKETS: "true"}


def names(**changed: str) -> list[str]:
    settings = GOOD | {f"spark.{key.replace('_', '.')}": value for key, value in changed.items()}
    return [lack.name for lack in lacks_of(settings.get)]


def test_a_context_with_sockets_lacks_nothing():
    assert names() == []


def test_each_lack_is_named():
    assert [lack.name for lack in lacks_of({}.get)] == [UNIX_SOCKETS]
    assert names(python_worker_reuse="false") == ["spark.python.worker.reuse"]
    assert names(python_worker_memory="64m") == ["spark.python.worker.memory"]
    assert names(python_worker_memory="1g") == []
    assert names(driver_maxResultSize="10m") == ["spark.driver.maxResultSize"]
    assert names(driver_maxResultSize="0") == []  # no limit
    assert names(shuffle_compress="false", master="yarn") == ["spark.shuffle.compress"]
    assert names(shuffle_compress="false", master="local[4]") == []
    assert names(speculation="true", master="local[4]") == ["spark.speculation"]
    assert names(speculation="true", master="yarn") == []


def test_a_lack_says_the_cost_and_the_way_out():
    (lack,) = lacks_of({}.get)
    assert str(lack) == (
        "spark.python.unix.domain.socket.enabled is not set: every Python task takes 50 ms over "
        "TCP instead of 22, whatever it does; set it to true"
    )


@pytest.mark.parametrize(
    ("text", "unit", "size"),
    [("512m", "m", 512 << 20), ("512", "m", 512 << 20), ("2GB", "b", 2 << 30), ("7", "b", 7)],
)
def test_sizes_are_read_as_spark_reads_them(text, unit, size):
    assert bytes_of(text, unit) == size


def test_what_is_no_size_is_refused():
    with pytest.raises(FlowError, match="cannot be read: 'much'"):
        bytes_of("much", "m")


def test_a_file_of_settings_is_checked(tmp_path):
    file = tmp_path / "spark-defaults.conf"
    file.write_text("# ours\nspark.master yarn\nspark.python.worker.reuse=false\n")
    findings = list(check_spark_conf(file))
    assert [one.name for one in findings] == [UNIX_SOCKETS, "spark.python.worker.reuse"]
    assert not any(one.is_ok for one in findings)
