"""Functions that give a short text in place of a long one: the digest of the arguments."""

from __future__ import annotations

import base64
import codecs
import hashlib
from collections.abc import Callable
from typing import Any

from cascade2spark.argument_checks import check_count
from cascade2spark.errors import BuildError
from cascade2spark.fields import Fields, as_fields
from cascade2spark.operations.arguments import one_field, type_at
from cascade2spark.operations.callables import RowFunction
from cascade2spark.types import text_writer

__all__ = ["Base10HashFunction", "Base64HashFunction", "Base64URLHashFunction"]

# Java's names of digests, and Python's.
_ALGORITHMS = {
    "MD5": "md5",
    "SHA": "sha1",
    "SHA-1": "sha1",
    **{f"SHA-{bits}": f"sha{bits}" for bits in (224, 256, 384, 512)},
    **{f"SHA3-{bits}": f"sha3_{bits}" for bits in (224, 256, 384, 512)},
}

_WIDE = ("utf-16", "utf-32")
# Java writes these big-endian, and reads them so where there is no mark.
_UNMARKED = {"utf-16": "utf-16-be", "utf-32": "utf-32-be"}


class _HashFunction(RowFunction):
    """The digest of the arguments as a text.

    The texts of the arguments are put together, nulls left out.

    Args:
        fields: name of the result, one.
        algorithm: digest, ``MD5``, ``SHA-1``, ``SHA-256`` and their like. Default ``SHA-1``.
        max_length: most characters of the result, a count. Default: all.
        charset: encoding of the text, as Java's of this name. Default UTF-8.
        pre_digest: what to do to the text before, None for nothing.
        post_encoding: what to do to the result after, None for nothing.
    """

    def __init__(
        self,
        fields: Any,
        algorithm: str = "SHA-1",
        max_length: int | None = None,
        charset: str = "UTF-8",
        pre_digest: Callable[[str], str] | None = None,
        post_encoding: Callable[[str], str] | None = None,
    ) -> None:
        super().__init__(one_field(type(self).__name__, as_fields(fields)))
        self.algorithm = _algorithm(algorithm)
        if max_length is not None:
            check_count(f"{type(self).__name__}(max_length=…)", max_length, 0)
        self.max_length = max_length
        self.charset = _charset(charset)
        self.pre_digest = pre_digest
        self.post_encoding = post_encoding

    def encoded(self, digest: bytes) -> str:
        """Return a digest as a text."""
        raise NotImplementedError

    def bind(self, argument_fields: Fields, declared: Fields) -> Callable[..., Any]:
        """Return the digest of one row."""
        width = len(argument_fields) if argument_fields.is_defined() else 0
        writers = [text_writer(type_at(argument_fields, at)) for at in range(width)]
        other = text_writer()

        def hashed(*values: Any) -> str:
            texts = [
                (writers[at] if at < width else other)(value) for at, value in enumerate(values)
            ]
            text = "".join([one for one in texts if one is not None])
            if self.pre_digest is not None:
                text = self.pre_digest(text)
            digest = hashlib.new(self.algorithm, _encoded(text, self.charset)).digest()
            result = self.encoded(digest)
            if self.post_encoding is not None:
                result = self.post_encoding(result)
            return result[: self.max_length]

        return hashed


class Base64HashFunction(_HashFunction):
    """Give the digest of the arguments in unpadded Base64.

    Args:
        fields: name of the result.
        algorithm: of the digest. Default SHA-1.
        max_length: most letters given, a count. Default: all.
        charset: of the text that is digested. Default UTF-8. The bytes of the Base64 are read in
            it, too, as Cascading does: of UTF-16 they make other letters.
        pre_digest: changes that text before.
        post_encoding: changes the result after.
    Raises:
        BuildError: other than one result field.
    Source:
        cascading.operation.hash.Base64HashFunction
    Example:
        >>> Base64HashFunction("h", "MD5").bind(Fields("a"), Fields("h"))("abc")
        'kAFQmDzST7DWlj99KOF/cg'
    """

    def encoded(self, digest: bytes) -> str:
        """Return a digest in Base64."""
        return _decoded(base64.b64encode(digest).rstrip(b"="), self.charset)


class Base64URLHashFunction(_HashFunction):
    """Give the digest of the arguments in unpadded Base64 for URLs.

    Args:
        fields, algorithm, max_length, charset, pre_digest, post_encoding: as of Base64HashFunction.
    Raises:
        BuildError: other than one result field.
    Source:
        cascading.operation.hash.Base64URLHashFunction
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> run_operation(Base64URLHashFunction("h", "SHA-1", 9), [("a", 1)], ("x", "n"))
        [('8pvJG72rF',)]
    """

    def encoded(self, digest: bytes) -> str:
        """Return a digest in Base64 with ``-`` and ``_``."""
        return _decoded(base64.urlsafe_b64encode(digest).rstrip(b"="), self.charset)


class Base10HashFunction(_HashFunction):
    """Give the digest of the arguments as one decimal number, not negative.

    Args:
        fields, algorithm, max_length, charset, pre_digest, post_encoding: as of Base64HashFunction.
    Raises:
        BuildError: other than one result field.
    Source:
        cascading.operation.hash.Base10HashFunction
    Example:
        >>> from cascade2spark.testing import run_operation
        >>> run_operation(Base10HashFunction("h", "SHA-1", 9), [("a", 1)], ("x", "n"))
        [('138504990',)]
    """

    def encoded(self, digest: bytes) -> str:
        """Return a digest as a number."""
        return str(int.from_bytes(digest, "big"))


def _algorithm(name: str) -> str:
    if not isinstance(name, str) or name.upper() not in _ALGORITHMS:
        raise BuildError("there is no such digest", asked=name, available=list(_ALGORITHMS))
    return _ALGORITHMS[name.upper()]


def _charset(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except (LookupError, TypeError):
        raise BuildError("there is no such charset", asked=name) from None


def _encoded(text: str, charset: str) -> bytes:
    if not charset.startswith(_WIDE):
        return text.encode(charset, "replace")
    # Half a pair is U+FFFD in these, not a question mark.
    whole = text.encode("utf-16-be", "surrogatepass").decode("utf-16-be", "replace")
    mark = codecs.BOM_UTF16_BE if charset == "utf-16" and text else b""
    return mark + whole.encode(_UNMARKED.get(charset, charset))


def _decoded(data: bytes, charset: str) -> str:
    if charset.startswith("utf-32"):
        # Four bytes of ASCII are beyond all code points; Java takes each four for one that is bad.
        return "\ufffd" * -(-len(data) // 4)
    return data.decode(_UNMARKED.get(charset, charset), "replace")
