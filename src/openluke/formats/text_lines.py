"""Text files line by line, in any encoding; what cannot be decoded is named by its line."""

import codecs
import io
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from openluke.errors import ConfigError, DataError
from openluke.formats.form import option_hint

_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_lines(path: str | Path, *, encoding: str | None = None) -> Iterator[tuple[int, str]]:
    """The lines of a file without their ends, and their numbers from 1.

    Lines end with LF, CR LF or CR. A byte order mark at the beginning is no part of the text.

    Args:
        path: The file.
        encoding: What it is in; ``None``: UTF-8, and nothing else can be said.
    """
    try:
        with Path(path).open(encoding=with_byte_order_mark(encoding)) as stream:
            for number, line in enumerate(stream, start=1):
                yield number, line.removesuffix("\n")
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", file=path) from error
    except UnicodeError as error:
        raise _undecodable(path, encoding=encoding, reason=str(error)) from error


def lines_of(
    parts: Iterable[bytes], *, encoding: str = "utf-8", file: str | Path
) -> Iterator[tuple[int, str]]:
    """The lines of a stream as they come, like those of a file in ``read_lines``.

    Args:
        parts: What is read of the stream, one after another; best ending where lines do.
        encoding: What it is in.
        file: What messages call the stream.
    """
    decoder = io.IncrementalNewlineDecoder(
        codecs.getincrementaldecoder(with_byte_order_mark(encoding))(), translate=True
    )
    number, rest, mark = 1, "", b""
    try:
        for part in chain(parts, (b"",)):
            mark = mark or part[:2]
            *whole, rest = (rest + decoder.decode(part, final=not part)).split("\n")
            for line in whole:
                yield number, line
                number += 1
    except UnicodeError as error:
        message = not_decoded(encoding, reason=str(error), mark=mark)
        raise DataError(message, file=file, line=number) from error
    if rest:
        yield number, rest


def read_text(path: str | Path, *, encoding: str | None = None) -> str:
    """A whole file, with lines that end with LF; the arguments are those of ``read_lines``."""
    try:
        return Path(path).read_text(encoding=with_byte_order_mark(encoding))
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", file=path) from error
    except UnicodeError as error:
        raise _undecodable(path, encoding=encoding, reason=str(error)) from error


def read_head(path: str | Path, *, n_bytes: int, encoding: str | None = None) -> str:
    """The beginning of a file as text, for telling its form.

    An encoding that is not said is told by a byte order mark; without one it is taken for UTF-8,
    and what is none becomes U+FFFD. What a form is known by is ASCII in most encodings.
    """
    try:
        with Path(path).open("rb") as stream:
            start = stream.read(n_bytes)
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", file=path) from error
    told = encoding or ("utf-16" if start.startswith(_MARKS) else None)
    text = start.decode(with_byte_order_mark(told), errors="replace")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def with_byte_order_mark(encoding: str | None) -> str:
    """The codec that takes a byte order mark away where UTF-8 has one."""
    try:
        name = codecs.lookup(encoding or "utf-8").name
    except LookupError as error:
        raise ConfigError(
            f"found no encoding {encoding!r}; expected one that Python knows, for example utf-8, "
            "iso-8859-1 or shift_jis"
        ) from error
    return "utf-8-sig" if name == "utf-8" else name


def _undecodable(path: str | Path, *, encoding: str | None, reason: str) -> DataError:
    """What to raise of a file that is not in its encoding."""
    decoder = codecs.getincrementaldecoder(with_byte_order_mark(encoding))()
    n_lines, mark = 1, b""
    with Path(path).open("rb") as stream:
        for line in stream:
            mark = mark or line[:2]
            try:
                decoder.decode(line)
            except UnicodeError as error:
                reason = str(error)
                break
            n_lines += 1
    message = not_decoded(encoding, reason=reason, mark=mark)
    return DataError(message, file=path, line=n_lines)


def not_decoded(encoding: str | None, *, reason: str, mark: bytes) -> str:
    """What is said of a file that is not in its encoding.

    Args:
        encoding: See ``read_lines``.
        reason: What the codec says.
        mark: The first two bytes of the file.
    """
    name = "UTF-8" if encoding in (None, "utf-8") else encoding
    is_utf_16 = mark in _MARKS
    why = "if the file has another encoding,"
    if is_utf_16:
        why = "it begins with the byte order mark of UTF-16:"
    if encoding is None:
        source = "utf-16" if is_utf_16 else "latin1"
        return f"not {name}: {reason}; {why} convert it, for example by iconv -f {source} -t utf-8"
    hint = option_hint("encoding", value="utf-16" if is_utf_16 else "latin-1")
    return f"not {name}: {reason}; {why} give {hint}"
