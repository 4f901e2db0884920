"""What the schema's inputs hold is what the domain's commands take: the same fields, of the same types."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from dataclasses import fields
from enum import Enum
from types import GenericAlias, UnionType
from typing import Any, NewType, Required, Union, get_args, get_origin, get_type_hints, is_typeddict

import pytest
import strawberry
from strawberry.scalars import JSON

import invoicing
from invoicing.accounts.values import CreateAccountValues, UpdateAccountValues, UpdateBrandingValues
from invoicing.checks import ADDRESS, AddressValues, ElectronicAddressValues, PeriodValues
from invoicing.customers.values import CreateCustomerValues, UpdateCustomerValues
from invoicing.invoices.values import CreateInvoiceValues, OrderLineValues, SettleValues
from invoicing.orders.values import CreateOrderValues, OrderItemValues, UpdateOrderValues
from invoicing.payments.values import ManualTransferValues, RecordPaymentValues, RefundPaymentValues
from invoicing.webhooks.values import CreateWebhookEndpointValues, UpdateWebhookEndpointValues
from schema.inputs.account import UpdateAccountInput, UpdateBrandingInput
from schema.inputs.customer import CreateCustomerInput, UpdateCustomerInput
from schema.inputs.invoice import CreateInvoiceInput, OrderLineInput, SettleInput
from schema.inputs.order import CreateOrderInput, OrderItemInput, UpdateOrderInput
from schema.inputs.payment import (
    ManualTransferInput,
    RecordPaymentInput,
    RefundPaymentInput,
    SettleInvoiceManuallyInput,
)
from schema.inputs.shared import AddressInput, ElectronicAddressInput, PeriodInput
from schema.inputs.values import COLUMNS, sent_values
from schema.inputs.webhook import CreateWebhookEndpointInput, UpdateWebhookEndpointInput

PAIRS: list[tuple[type[Any], type[Any], set[str]]] = [  # and the fields that a command takes by themselves
    (AddressInput, AddressValues, set()),
    (ElectronicAddressInput, ElectronicAddressValues, set()),
    (PeriodInput, PeriodValues, set()),
    (UpdateAccountInput, UpdateAccountValues, set()),
    (UpdateBrandingInput, UpdateBrandingValues, set()),
    (CreateCustomerInput, CreateCustomerValues, set()),
    (UpdateCustomerInput, UpdateCustomerValues, set()),
    (OrderItemInput, OrderItemValues, set()),
    (CreateOrderInput, CreateOrderValues, set()),
    (UpdateOrderInput, UpdateOrderValues, set()),
    (OrderLineInput, OrderLineValues, set()),
    (SettleInput, SettleValues, set()),
    (CreateInvoiceInput, CreateInvoiceValues, set()),
    (ManualTransferInput, ManualTransferValues, set()),
    (SettleInvoiceManuallyInput, ManualTransferValues, {"id", "idempotency_key"}),
    (RecordPaymentInput, RecordPaymentValues, set()),
    (RefundPaymentInput, RefundPaymentValues, {"payment_id"}),
    (CreateWebhookEndpointInput, CreateWebhookEndpointValues, set()),
    (UpdateWebhookEndpointInput, UpdateWebhookEndpointValues, {"id"}),
]
VALUES_OF = {input: values for input, values, apart in PAIRS if not apart}


@pytest.mark.parametrize(("input", "values", "apart"), PAIRS)
def test_what_an_input_holds_is_what_the_command_takes(
    input: type[Any], values: type[Any], apart: set[str]
) -> None:
    hints, taken = get_type_hints(input), get_type_hints(values)
    for field in fields(input):
        if field.name not in apart:
            name = COLUMNS.get(field.name, field.name)
            assert name in taken, name
            assert members(plain(hints[field.name])) <= members(taken[name]), name


@pytest.mark.parametrize(("input", "values", "apart"), PAIRS)
def test_what_a_command_needs_the_input_asks_for(
    input: type[Any], values: type[Any], apart: set[str]
) -> None:
    taken = get_type_hints(values, include_extras=True)
    needed = {name for name, hint in taken.items() if get_origin(hint) is Required}
    asked = {field.name for field in fields(input) if field.default is not strawberry.UNSET}
    assert needed <= asked - apart


def test_every_commands_values_are_compared() -> None:
    rooms = [
        importlib.import_module(f"invoicing.{room.name}") for room in pkgutil.iter_modules(invoicing.__path__)
    ]
    found = {
        each
        for room in rooms
        for module in (room, _values_of(room))
        for each in vars(module).values()
        if is_typeddict(each) and not each.__name__.startswith("_")
    }
    assert found - {values for _, values, _ in PAIRS} == {CreateAccountValues}  # made on the command line


def test_an_address_has_the_parts_that_are_checked() -> None:
    assert AddressValues.__annotations__.keys() == ADDRESS.keys()


def test_values_that_a_command_does_not_know_are_not_passed_on() -> None:
    with pytest.raises(TypeError, match="SettleValues has no id"):
        sent_values(UpdateOrderInput(id="o"), SettleValues)


def _values_of(room: Any) -> Any:
    try:
        return importlib.import_module(f"{room.__name__}.values")
    except ModuleNotFoundError:
        return room


def plain(hint: Any) -> Any:
    """The type of a value once the input is read: an enum is its word, an input its values, in sequences."""
    if get_origin(hint) in (Union, UnionType):
        return Union[tuple(plain(each) for each in get_args(hint))]  # noqa: UP007 (made at run time)
    if get_origin(hint) is list:
        return GenericAlias(Sequence, (plain(get_args(hint)[0]),))
    if hint is JSON:
        return Mapping[str, Any]
    if isinstance(hint, NewType):
        return hint.__supertype__
    if isinstance(hint, type) and issubclass(hint, Enum):
        return str
    return VALUES_OF.get(hint, hint)


def members(hint: Any) -> set[Any]:
    """The types that a hint allows."""
    if get_origin(hint) is Required:
        return members(get_args(hint)[0])
    if get_origin(hint) in (Union, UnionType):
        return {member for each in get_args(hint) for member in members(each)}
    return {hint}
