"""What answers say in their headers (RFC 8288), where their bodies are those of other systems."""

from __future__ import annotations


def e_invoices_link(invoice_id: str) -> dict[str, str]:
    """Where the e-invoices of the answer's invoice are."""
    return {"link": f'</invoices/{invoice_id}/e-invoices>; rel="alternate"; title="E-invoices"'}
