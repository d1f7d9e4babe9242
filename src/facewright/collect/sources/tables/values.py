"""Recognise labels, and normalise them to the values of this package.

Values are those of FairFace, so that sets can be mixed: ages in ranges, Female and Male.
"""

from __future__ import annotations

import re

GROUPS = {
    "age": "age",
    "gender": "gender",
    "sex": "gender",
    "race": "ethnicity",
    "ethnicity": "ethnicity",
    "emotion": "expression",
    "expression": "expression",
}
"""Column of a table → group of labels."""

AGES = {
    "0-2": (0, 2),
    "3-9": (3, 9),
    "10-19": (10, 19),
    "20-29": (20, 29),
    "30-39": (30, 39),
    "40-49": (40, 49),
    "50-59": (50, 59),
    "60-69": (60, 69),
    "70+": (70, 150),
}
"""Range → first and last year."""

_OLDEST = 150
_YEARS = re.compile(r"(\d{1,3})(?:[.,]\d+)?")
_RANGE = re.compile(r"[(\[]?(\d{1,3}) ?(?:[-–—,]|to) ?(\d{1,3})[)\]]?")
_AND_MORE = re.compile(r"(?:more than|over|>=?|≥) ?(\d{1,3})|(\d{1,3}) ?(?:\+|and (?:over|older))")
_GENDERS = {
    "Female": ("female", "f", "woman", "girl", "w"),
    "Male": ("male", "m", "man", "boy"),
    "Other": ("other", "non-binary", "nonbinary", "diverse", "x"),
}
_GENDER_OF = {word: gender for gender, words in _GENDERS.items() for word in words}
_NOTHING = frozenset({"", "-", "?", "n/a", "na", "nan", "none", "null", "unknown"})
_RENAMED = {"Latino_Hispanic": "Latino"}


def read_value(group: str, text: str) -> dict[str, str] | None:
    """Read a label.

    Args:
        group: "age", "gender", "ethnicity" or "expression".
        text: Content of the cell.

    Returns:
        Group → value; of an age in years, the years too. Empty where the cell says that it is
        unknown. None for an invalid age or gender, such as a date that a spreadsheet made of it.

    >>> read_value("age", "34"), read_value("age", "3 – 9"), read_value("age", "Oct-19")
    ({'age': '30-39', 'years': '34'}, {'age': '3-9'}, None)
    """
    plain = " ".join(text.split()).lower()
    if plain in _NOTHING:
        return {}
    if group == "age":
        return _read_age(plain)
    if group == "gender":
        return {"gender": _GENDER_OF[plain]} if plain in _GENDER_OF else None
    return {group: _RENAMED.get(text, text)}


def name_age(years: int) -> str:
    """Return the range that an age is in.

    >>> name_age(34), name_age(99)
    ('30-39', '70+')
    """
    return next(name for name, (first, last) in AGES.items() if first <= years <= last)


def _read_age(text: str) -> dict[str, str] | None:
    """Read years, a range of years, or an age and more."""
    if (found := _YEARS.fullmatch(text)) and int(found[1]) <= _OLDEST:
        return {"age": name_age(int(found[1])), "years": str(int(found[1]))}
    if (found := _RANGE.fullmatch(text)) and int(found[1]) < int(found[2]) <= _OLDEST:
        return {"age": f"{int(found[1])}-{int(found[2])}"}
    if (found := _AND_MORE.fullmatch(text)) and int(found[1] or found[2]) <= _OLDEST:
        return {"age": f"{int(found[1] or found[2])}+"}
    return None
