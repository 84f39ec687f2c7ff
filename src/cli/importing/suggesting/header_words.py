"""What the words of a header say, with their abbreviations, in English and a few other languages."""

import re

from cli.importing.rows import column_key

EXACT, A_WORD, VAGUELY = 100, 60, 15
"""The scores of a header that is a column's name, one of its words, or a word that says little."""
_WORDS: dict[str, str] = {
    "Grant": "grant, grant number, project, id, reference, ref, case, file number, number, "
    "identifier, aktenzeichen, vorgang, projekt, expediente, dossier",
    "Title": "title, name of project, project title, project name, project, subject, titre, titel, "
    "projekttitel, vorhaben, intitulé, título",
    "Window": "window, type, programme, program, category, modality, scheme, fenster, programm, "
    "guichet, ventanilla",
    "Recipients": "recipient, receiving, beneficiary, country, countries, pays, land, país, "
    "empfängerland, bénéficiaire, beneficiario",
    "Providers": "provider, providing, knowledge from, source country, host, geberland, geber, "
    "fournisseur, proveedor",
    "Sector": "sector, theme, topic, thematic, sektor, thema, secteur",
    "Objective": "objective, aim, purpose, description, ziel, zweck, beschreibung, objectif, objetivo",
    "Months": "months, duration, laufzeit, dauer, monate, durée, duración",
    "Amount": "amount, value, sum, total, budget, approved amount, amount approved, grant amount, "
    "approved, bewilligt, genehmigt, approuvé, aprobado, paid, ausgezahlt, summe, betrag, montant, monto, "
    "importe",
    "Currency": "currency, ccy, devise, währung, moneda",
    "Proposed on": "proposed, received on, application, submitted, beantragt, antrag, eingereicht, "
    "soumis, demandé, solicitado, propuesto",
    "Approved on": "approved, approval, award date, decision, bewilligt, bewilligung, genehmigt, "
    "genehmigung, approuvé, approbation, aprobado, aprobación",
    "Effective on": "effective, start, wirksam, beginn",
    "Closing date": "closing, end date, ends, completion, laufzeitende",
    "Closed on": "closed, geschlossen, abgeschlossen",
    "Payment": "payment, voucher, invoice, transaction, payment ref, reference, ref, number, beleg, "
    "rechnung, facture",
    "Payee": "payee, paid to, vendor, supplier, beneficiary name, zahlungsempfänger, lieferant",
    "Line": "line, budget line, cost category, kostenart",
    "Requested on": "requested, request, angefordert",
    "Requested by": "requested by",
    "Authorised on": "authorised, authorized, freigegeben",
    "Authorised by": "authorised by, authorized by",
    "Paid on": "paid, payment date, value date, date paid, date, datum, fecha, ausgezahlt, zahltag, "
    "payé, versement, pagado",
    "Paid by": "paid by",
    "Partner": "partner, donor, contributor, code",
    "Name": "name",
    "Kind": "kind, type",
    "Joined on": "joined, since",
    "Received on": "received, date received, value date, date",
    "Worth": "worth, equivalent, holding",
    "As of": "as of, as at, reporting date, report date, status date, cut off, stand, stichtag, arrêté au, "
    "a fecha de",
    "Leader": "leader, team leader, task team leader, ttl, project lead, projektleitung, responsable",
    "Stage": "stage, status, phase, stand, estado, état",
    "Signed on": "signed, signature, unterzeichnet, signé, firmado",
    "Completed on": "completed, implemented until",
    "Ended on": "ended, cancelled on, declined on, lapsed on",
    "Approved": "approved, approved amount, amount approved, grant amount, amount, budget, bewilligt, "
    "genehmigt, approuvé, aprobado",
    "Increased": "increased, increase, additional, top up, aufstockung, augmentation, aumento",
    "Cancelled": "cancelled, canceled, released, storniert, annulé, cancelado",
    "Disbursed": "disbursed, disbursed to date, paid, paid so far, paid to date, ausgezahlt, décaissé, payé, "
    "desembolsado, pagado",
    "Refunded": "refunded, refund, repaid, returned, erstattet, remboursé, reembolsado",
}
"""Words in headers that may stand for each column of the shipped maps."""
_VAGUE = set("id, reference, ref, case, file number, number, identifier, code, value, type, date".split(", "))
"""Words that say little of what a column holds."""
_OF_PAYMENTS = (
    "paid, payment, disbursed, disbursement, ausgezahlt, auszahlung, bezahlt, zahlung, zahltag, payé, "
    "paiement, versé, versement, décaiss, pagado, pago, desembols"
)
"""Words of a header that speaks of payments."""
_ABBREVIATIONS = {
    short: word
    for word, shorts in {
        "amount": "amt amnt",
        "approved": "appr apprvd",
        "authorised": "auth",
        "country": "ctry cntry",
        "currency": "curr cur",
        "date": "dt",
        "description": "desc",
        "effective": "eff",
        "months": "mths",
        "number": "no nr num nbr",
        "payment": "pmt pymt",
        "project": "proj prj",
        "proposed": "prop",
        "received": "rcvd recd",
        "recipient": "recip",
        "requested": "req",
    }.items()
    for short in shorts.split()
}
"""What shortened words in headers stand for."""


def header_score(header: str, name: str) -> tuple[int, str]:
    """Return 100 if the header is the name of the map's column, less for one of its words, and why."""
    if column_key(header) == column_key(name):
        return EXACT, "the header is its name"
    text = _written_out(header)
    words = _words_in(text, _WORDS.get(name, ""))
    if not words:
        return 0, "the header says nothing that is known"
    word = max(words, key=lambda known: (known == text, known not in _VAGUE, len(known)))
    if word in _VAGUE:
        return VAGUELY, f"the header has {word!r}"
    return (A_WORD if word == text else 20 + len(word)), f"the header has {word!r}"


def is_of_payments(header: str) -> bool:
    """Return whether a header speaks of payments, so that its column says nothing of a grant's decision."""
    return bool(_words_in(_written_out(header), _OF_PAYMENTS))


def _words_in(text: str, words: str) -> list[str]:
    return [word for word in words.split(", ") if word and re.search(rf"\b{re.escape(word)}", text)]


def _written_out(header: str) -> str:
    """Return the words of a header in small letters and in full: ``grant number`` for ``Grant #``."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", header).casefold().replace("#", " number ")
    return " ".join(_ABBREVIATIONS.get(word, word) for word in re.split(r"[\W_]+", apart) if word)
