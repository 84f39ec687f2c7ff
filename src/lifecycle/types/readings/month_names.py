"""The names of months in some languages, in small letters."""

_NAMES = {
    1: "january jan januar janvier janv enero ene janeiro gennaio januari",
    2: "february feb februar février fevrier févr febrero fevereiro fev febbraio februari",
    3: "march mar märz maerz mrz mars marzo março marts maart",
    4: "april apr avril avr abril abr aprile",
    5: "may mai mayo maio mag maggio maj mei",
    6: "june jun juni juin junio junho giugno giu",
    7: "july jul juli juillet juil julio julho luglio lug",
    8: "august aug août aout agosto ago augustus",
    9: "september sep sept septembre septiembre setembro set settembre",
    10: "october oct oktober okt octobre octubre outubro out ottobre ott",
    11: "november nov novembre noviembre novembro",
    12: "december dec dezember dez décembre decembre déc diciembre dic dezembro dicembre",
}
MONTHS = {name: month for month, names in _NAMES.items() for name in names.split()}
"""The number of the month of each name, in eight languages of Western Europe."""
