"""Texts of others on a terminal: control characters are shown, and do nothing."""

_PICTURES = 0x2400
"""The first of Unicode's pictures of control characters."""
_SHOWN = {
    **{code: _PICTURES + code for code in range(0x20) if chr(code) not in "\t\n"},
    0x7F: 0x2421,
    **dict.fromkeys(range(0x80, 0xA0), 0xFFFD),
}


def visible(text: str) -> str:
    """A text of the same length with a picture in place of each control character.

    Tabs and line feeds stay. Others would move what is behind them or give the terminal orders.
    """
    return text.translate(_SHOWN)
