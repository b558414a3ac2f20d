"""How S3 is reached: as Hadoop's `fs.s3a.*` settings say, else the environment.

fsspec's own way is to look at the process it runs in, which in a task is the wrong one: the driver
takes the settings here and hands them to every task. Whoever runs code says once where they come
from (`use_s3`); whoever opens a path asks (`s3_access`). Secrets show in no repr.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

import attrs

from cascade2spark.errors import Unsupported

__all__ = [
    "S3Access",
    "S3Settings",
    "environment_access",
    "s3_access",
    "s3_settings",
    "use_s3",
]

Read = Callable[[str], str | None]

# Hadoop's old default, which names no region: the client finds the right one by itself.
_NO_ENDPOINTS = ("", "s3.amazonaws.com")
_ANONYMOUS = "AnonymousAWSCredentialsProvider"
# What looks where the client of a task looks by itself, or at the keys that are carried to it.
_PROVIDERS = (
    "SimpleAWSCredentialsProvider",
    "TemporaryAWSCredentialsProvider",
    "EnvironmentVariableCredentialsProvider",
    "IAMInstanceCredentialsProvider",
    "InstanceProfileCredentialsProvider",
    "ContainerCredentialsProvider",
    "EC2ContainerCredentialsProviderWrapper",
    "ProfileCredentialsProvider",
    "WebIdentityTokenCredentialsProvider",
    "WebIdentityTokenFileCredentialsProvider",
    "DefaultAWSCredentialsProviderChain",
    "DefaultCredentialsProvider",
)


@attrs.frozen
class S3Settings:
    """How one bucket is reached; a None is found by the client itself.

    Args:
        endpoint: URL of the service.
        region: its region.
        access_key, secret_key, session_token: the credentials, all of one place.
        is_anonymous: send no credentials.
        is_path_style: the bucket is part of the path of a URL, not of its host.
        java_providers: classes that alone would know the credentials, when no task can ask them.
    """

    endpoint: str | None = None
    region: str | None = None
    access_key: str | None = attrs.field(default=None, repr=False)
    secret_key: str | None = attrs.field(default=None, repr=False)
    session_token: str | None = attrs.field(default=None, repr=False)
    is_anonymous: bool = False
    is_path_style: bool = False
    java_providers: str = ""

    def options(self) -> dict[str, Any]:
        """Return the arguments of fsspec's S3 file system.

        Raises:
            Unsupported: credentials come from a Java class that has no counterpart here. It is told
                only now because most flows of such a cluster may never touch S3.
        """
        if self.java_providers:
            raise Unsupported(
                "S3 credentials come from a Java class, which Python tasks cannot ask",
                asked=self.java_providers,
                available=[_ANONYMOUS, *_PROVIDERS],
                fix="set fs.s3a.access.key and fs.s3a.secret.key",
            )
        # A listing kept from an earlier flow would hide the files that came since.
        found: dict[str, Any] = {"anon": self.is_anonymous, "use_listings_cache": False}
        if self.endpoint:
            found["endpoint_url"] = self.endpoint
        if self.region:
            found["client_kwargs"] = {"region_name": self.region}
        if self.is_path_style:
            found["config_kwargs"] = {"s3": {"addressing_style": "path"}}
        if self.access_key and not self.is_anonymous:
            found.update(key=self.access_key, secret=self.secret_key, token=self.session_token)
        return found


@attrs.frozen
class S3Access:
    """The settings of all buckets; travels to tasks.

    Args:
        default: for buckets without their own.
        buckets: those with their own, by name.
    """

    default: S3Settings = S3Settings()
    buckets: Mapping[str, S3Settings] = attrs.field(factory=dict)

    def of(self, bucket: str) -> S3Settings:
        """Return the settings of a bucket."""
        return self.buckets.get(bucket, self.default)


def s3_settings(read: Read, environ: Mapping[str, str]) -> S3Settings:
    """Return settings as Hadoop's configuration gives them, the environment filling the gaps.

    Args:
        read: gives the value of `fs.s3a.<name>`, None when it is not set.
        environ: the driver's environment variables.
    """
    key, secret, token = read("access.key"), read("secret.key"), read("session.token")
    if not key:
        names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
        key, secret, token = (environ.get(name) for name in names)
    providers = [name.strip() for name in (read("aws.credentials.provider") or "").split(",")]
    classes = [name.rpartition(".")[2].rpartition("$")[2] for name in providers if name]
    is_foreign = not key and classes and not {*classes} & {*_PROVIDERS, _ANONYMOUS}
    endpoint = read("endpoint") or ""
    if endpoint in _NO_ENDPOINTS:
        endpoint = environ.get("AWS_ENDPOINT_URL_S3") or environ.get("AWS_ENDPOINT_URL") or ""
    elif "://" not in endpoint:
        is_plain = (read("connection.ssl.enabled") or "true").lower() == "false"
        endpoint = f"{'http' if is_plain else 'https'}://{endpoint}"
    region = read("endpoint.region") or environ.get("AWS_REGION")
    return S3Settings(
        endpoint=endpoint or None,
        region=region or environ.get("AWS_DEFAULT_REGION") or None,
        access_key=key or None,
        secret_key=secret or None,
        session_token=token or None,
        is_anonymous=not key and _ANONYMOUS in classes,
        is_path_style=(read("path.style.access") or "").lower() == "true",
        java_providers=", ".join(providers) if is_foreign else "",
    )


def environment_access() -> S3Access:
    """Return what the environment of this process says."""
    return S3Access(s3_settings(lambda name: None, os.environ))


_source: Callable[[], S3Access] = environment_access


def use_s3(source: Callable[[], S3Access]) -> Callable[[], S3Access]:
    """Say where this process takes S3 settings from; return what said so before.

    Args:
        source: asked anew for each path that is opened.
    """
    global _source
    before, _source = _source, source
    return before


def s3_access() -> S3Access:
    """Return the S3 settings of this process."""
    return _source()
