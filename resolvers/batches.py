"""Several changes of one kind in one request: each is done or refused by itself."""

from __future__ import annotations

from collections.abc import Sized

from invoicing.errors import ValidationError

MOST = 100


def check_batch(orders: Sized) -> None:
    if not 1 <= len(orders) <= MOST:
        raise ValidationError(f"orders takes 1 to {MOST} (there are {len(orders):,}).", field="orders")
