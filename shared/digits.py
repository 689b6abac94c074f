"""Which Western text does a person mean who types Arabic digits and marks?"""

import re

_ARABIC_INDIC = "٠١٢٣٤٥٦٧٨٩"
_EXTENDED_ARABIC_INDIC = "۰۱۲۳۴۵۶۷۸۹"
_WESTERN = "0123456789"
DECIMAL_SEPARATOR = "٫"
GROUP_SEPARATOR = "٬"

# Invisible marks that keyboards and copied pages put around numbers in right-to-left text.
_DIRECTION_MARKS = "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"

_TO_WESTERN = str.maketrans(
    _ARABIC_INDIC + _EXTENDED_ARABIC_INDIC + DECIMAL_SEPARATOR + GROUP_SEPARATOR,
    _WESTERN + _WESTERN + ".,",
    _DIRECTION_MARKS,
)
_GROUPED_NUMBER = re.compile(rf"(?<!\d)\d{{1,3}}(?:{GROUP_SEPARATOR}\d{{3}})+(?!\d)")


def to_western_digits(text: str) -> str:
    """Give the text with Arabic-Indic and Extended Arabic-Indic digits and marks made Western.

    The Arabic decimal separator becomes a point, the Arabic thousands separator a comma, and
    invisible direction marks disappear. Worked: "١٢٥٫٥٠٠" gives "125.500".
    """
    return text.translate(_TO_WESTERN)


def without_arabic_grouping(text: str) -> str:
    """Give the text with Arabic thousands separators removed where they part groups of three.

    Unlike a comma, which a French reader takes for a decimal mark, this sign has one meaning.
    Worked: "١٬٢٥٠" gives "١٢٥٠"; "١٬٢٥" stays as it is, and is then no amount.
    """
    return _GROUPED_NUMBER.sub(lambda found: found[0].replace(GROUP_SEPARATOR, ""), text)
