"""Which currencies exist, and how many decimals has each? (ISO 4217 list one)

Own table, because the figures of CLDR follow cash habits: they give the Iraqi dinar, the Yemeni
rial and the ouguiya no decimals, where the standard gives three, two and two. Left out are codes
without a minor unit (metals, the special drawing right, test codes): no loan is written in them.
Source: ISO 4217:2015, list one as published by SIX on 2026-01-01.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from shared.errors import InvalidValue

_CODES_BY_EXPONENT: Final = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: """
        AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD
        CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP
        GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK
        LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO
        NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS
        SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST
        XAD XCD XCG YER ZAR ZMW ZWG
    """,
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}

EXPONENTS: Final[Mapping[str, int]] = MappingProxyType(
    {code: exponent for exponent, codes in _CODES_BY_EXPONENT.items() for code in codes.split()}
)


class UnknownCurrency(InvalidValue):
    """No such currency"""

    detail = "{currency} is not the code of a currency in ISO 4217."
    currency: str


def exponent_of(currency: str) -> int:
    """Give the number of decimals of a currency: "JOD" has 3, "MRU" 2, "JPY" none.

    Raises `UnknownCurrency`.
    """
    try:
        return EXPONENTS[currency]
    except KeyError:
        raise UnknownCurrency(currency=currency[:16]) from None
