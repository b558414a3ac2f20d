"""What the ported jobs must give, in a few plain lines that share nothing with the library."""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

Documents = list[tuple[str, str]]
Pairs = list[tuple[str, str]]


def documents_in(path: Path) -> Documents:
    """Return the (doc_id, text) rows of a file with a header."""
    _, *rows = path.read_text("utf-8").splitlines()
    return [(doc_id, text) for doc_id, text in (row.split("\t") for row in rows)]


def stop_words_in(path: Path) -> set[str]:
    return set(path.read_text("utf-8").splitlines()[1:])


def tokens_of(documents: Documents) -> Pairs:
    """Cut at each delimiter; empty tokens count, except at the end of a text."""
    found = []
    for doc_id, text in documents:
        tokens = re.split(r"[ \[\](),.]", text)
        while len(tokens) > 1 and not tokens[-1]:
            tokens.pop()
        found += [(doc_id, token) for token in tokens]
    return found


def scrubbed(pairs: Pairs) -> Pairs:
    return [(doc_id, token.strip().lower()) for doc_id, token in pairs if token.strip()]


def without_stop_words(pairs: Pairs, stop: set[str]) -> Pairs:
    return [(doc_id, token) for doc_id, token in pairs if token not in stop]


def word_count(pairs: Pairs) -> list[str]:
    counted = Counter(token for _, token in pairs)
    return with_header("token\tcount", (f"{token}\t{n}" for token, n in counted.items()))


def count_first(pairs: Pairs) -> list[str]:
    counted = Counter(token for _, token in pairs)
    return with_header("count\ttoken", (f"{n}\t{token}" for token, n in counted.items()))


def weights(pairs: Pairs) -> list[str]:
    """Times in the document, times the logarithm of documents over documents with it + 1."""
    documents = len({doc_id for doc_id, _ in pairs})
    documents_with = Counter(token for _, token in set(pairs))
    rows = (
        f"{doc_id}\t{times * math.log(documents / (1.0 + documents_with[token]))!r}\t{token}"
        for (doc_id, token), times in Counter(pairs).items()
    )
    return with_header("doc_id\ttfidf\ttoken", rows)


def checkpoint(pairs: Pairs) -> list[str]:
    documents = len({doc_id for doc_id, _ in pairs})
    documents_with = Counter(token for _, token in set(pairs))
    rows = (f"{n}\t{token}\t1\t1\t{documents}" for token, n in documents_with.items())
    return with_header("df_count\tdf_token\tlhs_join\trhs_join\tn_docs", rows)


def with_header(header: str, rows: Iterable[str]) -> list[str]:
    """Return header and sorted rows; without rows there is no header either."""
    ordered = sorted(rows)
    return [header, *ordered] if ordered else []


def digest(lines: Iterable[str]) -> str:
    """Return the digest by which the originals' results are known."""
    ordered = sorted(line.encode() for line in lines)
    return hashlib.sha256(b"".join(line + b"\n" for line in ordered)).hexdigest()[:16]
