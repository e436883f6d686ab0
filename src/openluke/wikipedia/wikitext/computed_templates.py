"""Templates of which what they show has to be worked out."""

import re
from collections.abc import Callable, Mapping

from openluke.wikipedia.language_facts import wikipedia_language

_NUMBER = re.compile(r"[-+−]?[\d.,/⁄ ]*\d(?:e[-+−]?\d+)?|[¼½¾⅓⅔]", re.IGNORECASE)
_BETWEEN = {
    "-": "–",
    "–": "–",
    "to": " to ",
    "and": " and ",
    "or": " or ",
    "by": " by ",
    "x": " × ",
    "×": " × ",
    "+/-": " ± ",
    "±": " ± ",
    "to(-)": " to ",
    "and(-)": " and ",
}
_MONTHS = (
    "January February March April May June July August September October November December".split()
)


def _measure(arguments: Mapping[str, str]) -> str:
    """``{{convert|5|to|10|km|mi}}`` as ``5 to 10 km``: what is given, not what it comes to."""
    shown = ""
    fields = [value for name, value in arguments.items() if name.isdecimal()]
    has_unit = False
    for number, field in enumerate(fields):
        if _NUMBER.fullmatch(field):
            if has_unit and not _is_second_unit(fields, number=number):
                break
            shown += f" {field}" if has_unit else field
            has_unit = False
        elif field.lower() in _BETWEEN and not has_unit:
            shown += _BETWEEN[field.lower()]
        elif has_unit or not shown:
            break
        else:
            shown += f" {field}"
            has_unit = True
    return shown


def _is_second_unit(fields: list[str], *, number: int) -> bool:
    """Whether a number goes on with a measure, as the inches of ``5 ft 11 in``."""
    pair = tuple(fields[number - 1 : number + 2 : 2])
    return pair in {("ft", "in"), ("lb", "oz"), ("st", "lb"), ("mi", "yd"), ("mi", "ft")}


def _as_of(arguments: Mapping[str, str]) -> str:
    """``{{as of|2006|5}}`` as ``As of May 2006``."""
    if arguments.get("alt"):
        return arguments["alt"]
    year, month, day = (arguments.get(number, "") for number in "123")
    if month.isdecimal() and 1 <= int(month) <= 12:
        month = _MONTHS[int(month) - 1]
    start = "Since" if arguments.get("since") else "As of"
    if arguments.get("lc") or arguments.get("lowercase"):
        start = start.lower()
    date = (
        (month, f"{day},", year) if arguments.get("df", "").upper() == "US" else (day, month, year)
    )
    return " ".join((start, *(part for part in date if part.strip(","))))


def _formula(arguments: Mapping[str, str]) -> str:
    """``{{chem|H|2|O}}`` as ``H2O``."""
    return "".join(value for name, value in arguments.items() if name.isdecimal())


def _value(arguments: Mapping[str, str]) -> str:
    """``{{val|5.2|u=km}}`` as ``5.2 km``."""
    power = f"×10^{arguments['e']}" if arguments.get("e") else ""
    unit = arguments.get("u") or arguments.get("ul") or ""
    return f"{arguments.get('1', '')}{power} {unit}".strip()


def _fraction(arguments: Mapping[str, str]) -> str:
    """``{{frac|2|1|3}}`` as ``2 1/3``."""
    match [value for name, value in arguments.items() if name.isdecimal()]:
        case [below]:
            return f"1/{below}"
        case [above, below]:
            return f"{above}/{below}"
        case [whole, above, below, *_]:
            return f"{whole} {above}/{below}"
        case _:
            return "/"


def _missing_page(arguments: Mapping[str, str]) -> str:
    """``{{ill|Ada|de|Ada (Name)|lt=she}}`` as ``she``, a link to ``Ada``.

    Some wikis name the language first: ``{{ill|de|Ada}}``.
    """
    first, second, third = (arguments.get(number, "") for number in "123")
    if second and wikipedia_language(first) is not None:
        return f"[[{second}|{arguments.get('lt') or third or second}]]"
    return f"[[{first}|{arguments.get('lt') or first}]]"


def _french_measure(arguments: Mapping[str, str]) -> str:
    """``{{unité|892|km|2}}`` as ``892 km2``."""
    fields = [value for name, value in arguments.items() if name.isdecimal() and value]
    return " ".join(fields[:2]) + "".join(fields[2:3])


COMPUTED: Mapping[str, Callable[[Mapping[str, str]], str]] = {
    "convert": _measure,
    "cvt": _measure,
    "convertinput": _measure,
    "chuyển đổi": _measure,
    "as of": _as_of,
    "asof": _as_of,
    "chem": _formula,
    "chem2": _formula,
    "frac": _fraction,
    "fraction": _fraction,
    "sfrac": _fraction,
    "ill": _missing_page,
    "illm": _missing_page,
    "interlanguage link": _missing_page,
    "interlanguage link multi": _missing_page,
    "unité": _french_measure,
    "unite": _french_measure,
    "val": _value,
}
"""What each of them shows, by its name and its arguments."""
