"""Text files line by line, in any encoding; what cannot be decoded is named by its line."""

import codecs
from collections.abc import Iterator
from pathlib import Path

from openluke.errors import ConfigError, DataError
from openluke.formats.form import option_hint


def read_lines(path: str | Path, *, encoding: str = "utf-8") -> Iterator[tuple[int, str]]:
    """The lines of a file without their ends, and their numbers from 1.

    Lines end with LF, CR LF or CR. A byte order mark at the beginning is no part of the text.
    """
    try:
        with Path(path).open(encoding=with_byte_order_mark(encoding)) as stream:
            for number, line in enumerate(stream, start=1):
                yield number, line.removesuffix("\n")
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", file=path) from error
    except UnicodeError as error:
        raise undecodable(path, encoding=encoding, reason=str(error)) from error


def read_text(path: str | Path, *, encoding: str = "utf-8") -> str:
    """A whole file, with lines that end with LF."""
    try:
        return Path(path).read_text(encoding=with_byte_order_mark(encoding))
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", file=path) from error
    except UnicodeError as error:
        raise undecodable(path, encoding=encoding, reason=str(error)) from error


def read_head(path: str | Path, *, n_bytes: int) -> str:
    """The beginning of a file as text, for telling its form.

    The encoding is told by a byte order mark; without one it is taken for UTF-8, and what is none
    becomes U+FFFD. What a form is known by is ASCII in all encodings that do without such a mark.
    """
    try:
        with Path(path).open("rb") as stream:
            start = stream.read(n_bytes)
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", file=path) from error
    marks = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
    encoding = marks.get(start[:2], "utf-8-sig")
    return start.decode(encoding, errors="replace").replace("\r\n", "\n").replace("\r", "\n")


def with_byte_order_mark(encoding: str) -> str:
    """The codec that takes a byte order mark away where UTF-8 has one."""
    try:
        name = codecs.lookup(encoding).name
    except LookupError as error:
        raise ConfigError(
            f"found no encoding {encoding!r}; expected one that Python knows, for example utf-8, "
            "iso-8859-1 or shift_jis"
        ) from error
    return "utf-8-sig" if name == "utf-8" else name


def undecodable(path: str | Path, *, encoding: str, reason: str) -> DataError:
    """What to raise of a file that is not in its encoding."""
    decoder = codecs.getincrementaldecoder(with_byte_order_mark(encoding))()
    n_lines = 1
    with Path(path).open("rb") as stream:
        for line in stream:
            try:
                decoder.decode(line)
            except UnicodeError as error:
                reason = str(error)
                break
            n_lines += 1
    hint = option_hint("encoding", value="latin-1")
    message = f"not {encoding}: {reason}; if the file has another encoding, give {hint}"
    return DataError(message, file=path, line=n_lines)
