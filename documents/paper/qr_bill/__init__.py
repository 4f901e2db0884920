"""The Swiss QR-bill: the payment part and the receipt at the foot of the last page (SIX, version 2.3)."""
