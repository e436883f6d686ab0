"""SQL dumps of tables as mysqldump writes them."""

_ESCAPED = {
    b"\\"[0]: b"\\\\",
    b"'"[0]: b"\\'",
    b'"'[0]: b'\\"',
    b"\n"[0]: b"\\n",
    b"\r"[0]: b"\\r",
    0: b"\\0",
    0x1A: b"\\Z",
}


def sql_dump(table, *, columns, rows, per_insert=1000, is_lined=False):
    """A dump of a table; values are integers, bytes and ``None``."""
    shape = ",\n".join(f"  `{name}` {kind} NOT NULL" for name, kind in columns.items())
    text = f"-- dump\n\nCREATE TABLE `{table}` (\n{shape},\n  KEY (`x`)\n) ENGINE=InnoDB;\n"
    parts = [text.encode()]
    between = b",\n" if is_lined else b","
    for start in range(0, len(rows), per_insert):
        values = between.join(map(_row, rows[start : start + per_insert]))
        parts.append(
            b"INSERT INTO `%b` VALUES%b%b;\n" % (table.encode(), between[1:] or b" ", values)
        )
    return b"".join(parts) + b"-- Dump completed\n"


def _row(values):
    return b"(" + b",".join(map(_value, values)) + b")"


def _value(value):
    if value is None:
        return b"NULL"
    if isinstance(value, int):
        return str(value).encode()
    return b"'" + b"".join(_ESCAPED.get(byte, bytes([byte])) for byte in value) + b"'"
