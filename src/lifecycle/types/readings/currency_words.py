"""Signs and names of currencies, and words for multiples, as people write them, in small letters."""

_DOLLARS = (
    "USD",
    "CAD",
    "AUD",
    "NZD",
    "SGD",
    "HKD",
    "FJD",
    "JMD",
    "TTD",
    "BBD",
    "BSD",
    "BZD",
    "GYD",
    "NAD",
    "LRD",
)
_CROWNS = ("DKK", "SEK", "NOK", "ISK")
_FRANCS = ("CHF", "XOF", "XAF", "CDF", "RWF", "BIF", "DJF", "GNF", "KMF")
_POUNDS = ("GBP", "EGP", "LBP", "SSP", "SDG", "SYP")
_RUPEES = ("INR", "PKR", "LKR", "NPR", "MUR", "SCR")
_SHILLINGS = ("KES", "TZS", "UGX", "SOS")
_PESOS = ("MXN", "PHP", "COP", "ARS", "CLP", "UYU", "DOP")

CURRENCY_WORDS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("$", "dollar", "dollars"), _DOLLARS),
    **dict.fromkeys(("us", "us$", "$us", "usd$"), ("USD",)),
    **dict.fromkeys(("a$", "au$"), ("AUD",)),
    **dict.fromkeys(("c$", "ca$", "can$"), ("CAD",)),
    "nz$": ("NZD",),
    "s$": ("SGD",),
    "hk$": ("HKD",),
    "r$": ("BRL",),
    "mx$": ("MXN",),
    **dict.fromkeys(("€", "euro", "euros"), ("EUR",)),
    "£": ("GBP",),
    **dict.fromkeys(("pound", "pounds"), _POUNDS),
    **dict.fromkeys(("¥", "円", "yen"), ("JPY",)),
    **dict.fromkeys(("元", "rmb", "yuan", "renminbi"), ("CNY",)),
    **dict.fromkeys(("kr", "kroner", "krone"), _CROWNS),
    **dict.fromkeys(("kronor", "krona"), ("SEK", "ISK")),
    "dkr": ("DKK",),
    "skr": ("SEK",),
    "nkr": ("NOK",),
    "ikr": ("ISK",),
    **dict.fromkeys(("fr", "franc", "francs", "franken"), _FRANCS),
    **dict.fromkeys(("sfr", "frs"), ("CHF",)),
    **dict.fromkeys(("cfa", "fcfa", "f"), ("XOF", "XAF")),
    **dict.fromkeys(("₹",), ("INR",)),
    **dict.fromkeys(("rs", "₨", "rupee", "rupees"), _RUPEES),
    **dict.fromkeys(("sh", "shs", "shilling", "shillings"), _SHILLINGS),
    "ksh": ("KES",),
    "kshs": ("KES",),
    "tsh": ("TZS",),
    "tshs": ("TZS",),
    "ush": ("UGX",),
    "ushs": ("UGX",),
    **dict.fromkeys(("peso", "pesos"), _PESOS),
    **dict.fromkeys(("₽", "rub", "ruble", "rubles", "rouble", "roubles"), ("RUB", "BYN")),
    "₩": ("KRW",),
    "₦": ("NGN",),
    "₵": ("GHS",),
    "gh₵": ("GHS",),
    "₫": ("VND",),
    "฿": ("THB",),
    "₺": ("TRY",),
    "₴": ("UAH",),
    "₱": ("PHP",),
    "₪": ("ILS",),
    "₸": ("KZT",),
    "৳": ("BDT",),
    "₡": ("CRC",),
    **dict.fromkeys(("zł", "zl", "zloty"), ("PLN",)),
    **dict.fromkeys(("kč", "kc"), ("CZK",)),
    "ft": ("HUF",),
    "lei": ("RON", "MDL"),
    "rand": ("ZAR",),
    "rp": ("IDR",),
    "rm": ("MYR",),
    **dict.fromkeys(("real", "reais"), ("BRL",)),
}
"""The codes that each sign or name may stand for, the most usual first."""

MULTIPLES: dict[str, int] = {
    **dict.fromkeys(("k", "tsd", "thousand", "mille"), 10**3),
    **dict.fromkeys(("lakh", "lakhs", "lac"), 10**5),
    **dict.fromkeys(("m", "mm", "mn", "mio", "mill", "mln", "million", "millions", "millionen"), 10**6),
    **dict.fromkeys(("cr", "crore", "crores"), 10**7),
    **dict.fromkeys(("bn", "mrd", "milliard", "billion", "billions"), 10**9),
}
"""How many each word after a number stands for."""
