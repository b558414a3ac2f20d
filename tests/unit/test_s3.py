"""S3 settings: where they come from, and that secrets stay out of sight."""

from __future__ import annotations

import pickle
from collections.abc import Iterator

import fsspec
import pytest

from cascade2spark.errors import TapError, Unsupported
from cascade2spark.files import path_exists
from cascade2spark.files.paths import file_system_of
from cascade2spark.files.s3 import (
    S3Access,
    S3Settings,
    environment_access,
    s3_access,
    s3_settings,
    use_s3,
)

ANONYMOUS = "org.apache.hadoop.fs.s3a.AnonymousAWSCredentialsProvider"
KEYS = {"AWS_ACCESS_KEY_ID": "ek", "AWS_SECRET_ACCESS_KEY": "es", "AWS_SESSION_TOKEN": "et"}


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    before = use_s3(environment_access)
    yield
    use_s3(before)


def of(hadoop: dict[str, str], environ: dict[str, str] | None = None) -> S3Settings:
    return s3_settings(hadoop.get, environ or {})


def test_without_settings_the_client_finds_everything_by_itself() -> None:
    assert {"anon": False, "use_listings_cache": False} == of({}).options()


def test_the_context_comes_before_the_environment() -> None:
    found = of({"access.key": "hk", "secret.key": "hs", "endpoint.region": "r1"}, KEYS)
    # Credentials are of one place: no token of the environment beside the context's keys.
    assert ("hk", "hs", None, "r1") == (
        found.access_key,
        found.secret_key,
        found.session_token,
        found.region,
    )


def test_the_environment_fills_the_gaps() -> None:
    given = {**KEYS, "AWS_ENDPOINT_URL": "http://e", "AWS_DEFAULT_REGION": "r2"}
    assert S3Settings("http://e", "r2", "ek", "es", "et") == of({"endpoint": ""}, given)
    assert "http://s" == of({}, {**given, "AWS_ENDPOINT_URL_S3": "http://s"}).endpoint


@pytest.mark.parametrize(
    ("hadoop", "endpoint"),
    [
        ({"endpoint": "http://box:9000"}, "http://box:9000"),
        ({"endpoint": "box:9000"}, "https://box:9000"),
        ({"endpoint": "box:9000", "connection.ssl.enabled": "false"}, "http://box:9000"),
        ({"endpoint": "s3.amazonaws.com"}, None),
    ],
)
def test_an_endpoint_may_lack_its_scheme(hadoop: dict[str, str], endpoint: str | None) -> None:
    assert endpoint == of(hadoop).endpoint


def test_options_are_those_of_the_client() -> None:
    found = of(
        {
            "endpoint": "http://e",
            "endpoint.region": "r",
            "path.style.access": "true",
            "access.key": "k",
            "secret.key": "s",
            "session.token": "t",
        }
    ).options()
    assert ("http://e", "k", "s", "t") == tuple(
        found[name] for name in ("endpoint_url", "key", "secret", "token")
    )
    assert {"region_name": "r"} == found["client_kwargs"]
    assert {"s3": {"addressing_style": "path"}} == found["config_kwargs"]


def test_anonymous_sends_no_credentials_unless_there_are_keys() -> None:
    assert of({"aws.credentials.provider": ANONYMOUS}).options()["anon"]
    both = of({"aws.credentials.provider": ANONYMOUS, "access.key": "k", "secret.key": "s"})
    assert not both.is_anonymous and "k" == both.options()["key"]


def test_a_java_class_for_credentials_is_refused_by_name() -> None:
    with pytest.raises(Unsupported) as caught:
        of({"aws.credentials.provider": "com.example.Vault"}).options()
    assert "com.example.Vault" == caught.value.asked
    assert of({"aws.credentials.provider": "com.example.Vault", "access.key": "k"}).options()


def test_secrets_show_in_no_repr_and_travel() -> None:
    access = S3Access(of({"access.key": "AKID", "secret.key": "hush", "session.token": "mum"}))
    assert not {"AKID", "hush", "mum"} & set(repr(access).replace("'", " ").split())
    assert access == pickle.loads(pickle.dumps(access))


def test_a_bucket_may_have_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def opened(protocol: str, **options: object) -> object:
        asked.append((protocol, options.get("endpoint_url")))
        return fsspec.get_filesystem_class("memory")()

    monkeypatch.setattr(fsspec, "filesystem", opened)
    access = S3Access(S3Settings("http://all"), {"own": S3Settings("http://own")})
    use_s3(lambda: access)
    for path in ("s3://own/a", "s3a://other/a", "s3n://own"):
        file_system_of(path)
    assert [("s3", "http://own"), ("s3", "http://all"), ("s3", "http://own")] == asked


def test_settings_are_asked_for_anew() -> None:
    found = iter([S3Access(S3Settings("http://a")), S3Access(S3Settings("http://b"))])
    use_s3(lambda: next(found))
    assert ["http://a", "http://b"] == [s3_access().default.endpoint for _ in range(2)]


def test_a_path_without_a_bucket_is_refused() -> None:
    with pytest.raises(TapError, match="names no bucket"):
        path_exists("s3://")
