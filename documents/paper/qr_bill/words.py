"""The headings of a QR-bill. There are no others, and no other languages (version 2.3, annex D)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    language: str
    receipt: str
    payment_part: str
    account: str
    reference: str
    additional: str
    payable_by: str
    payable_by_whom: str  # above the field that is to be filled in by hand
    currency: str
    amount: str
    acceptance_point: str


_ENGLISH = Words(
    language="en",
    receipt="Receipt",
    payment_part="Payment part",
    account="Account / Payable to",
    reference="Reference",
    additional="Additional information",
    payable_by="Payable by",
    payable_by_whom="Payable by (name/address)",
    currency="Currency",
    amount="Amount",
    acceptance_point="Acceptance point",
)
WORDS = {
    "en": _ENGLISH,
    "de": Words(
        language="de",
        receipt="Empfangsschein",
        payment_part="Zahlteil",
        account="Konto / Zahlbar an",
        reference="Referenz",
        additional="Zusätzliche Informationen",
        payable_by="Zahlbar durch",
        payable_by_whom="Zahlbar durch (Name/Adresse)",
        currency="Währung",
        amount="Betrag",
        acceptance_point="Annahmestelle",
    ),
    "fr": Words(
        language="fr",
        receipt="Récépissé",
        payment_part="Section paiement",
        account="Compte / Payable à",
        reference="Référence",
        additional="Informations supplémentaires",
        payable_by="Payable par",
        payable_by_whom="Payable par (nom/adresse)",
        currency="Monnaie",
        amount="Montant",
        acceptance_point="Point de dépôt",
    ),
    "it": Words(
        language="it",
        receipt="Ricevuta",
        payment_part="Sezione pagamento",
        account="Conto / Pagabile a",
        reference="Riferimento",
        additional="Informazioni supplementari",
        payable_by="Pagabile da",
        payable_by_whom="Pagabile da (nome/indirizzo)",
        currency="Valuta",
        amount="Importo",
        acceptance_point="Punto di accettazione",
    ),
}


def words_of(language: str) -> Words:
    """Those of the language, or in English."""
    return WORDS.get(language, _ENGLISH)
