"""The changes of the seller's account and its API keys."""

import strawberry

from invoicing.accounts.exchange_rates import DailyRate
from invoicing.accounts.values import UpdateAccountValues, UpdateBrandingValues
from resolvers import accounts
from schema.info import Info
from schema.inputs.account import (
    CreateApiKeyInput,
    RevokeApiKeyInput,
    SetExchangeRatesInput,
    UpdateAccountInput,
    UpdateBrandingInput,
)
from schema.inputs.values import sent_values
from schema.types.account import Account, ApiKey


@strawberry.type
class UpdateAccountPayload:
    account: Account = strawberry.field(description="The account as it is now.")


@strawberry.type
class UpdateBrandingPayload:
    account: Account = strawberry.field(description="The account as it is now.")


@strawberry.type
class SetExchangeRatesPayload:
    count: int = strawberry.field(description="How many rates were given, each day and currency once.")


@strawberry.type
class CreateApiKeyPayload:
    api_key: ApiKey = strawberry.field(description="The new key.")
    token: str = strawberry.field(
        description="To send as `Authorization: Bearer …`. Shown now and never again."
    )


@strawberry.type
class RevokeApiKeyPayload:
    api_key: ApiKey = strawberry.field(description="The key, which gives no access any more.")


@strawberry.type
class AccountMutations:
    @strawberry.mutation(
        name="updateAccount", description="Changes what is given of the seller's own settings."
    )
    async def update_account(self, info: Info, input: UpdateAccountInput) -> UpdateAccountPayload:
        row = await accounts.update_account(info.context, sent_values(input, UpdateAccountValues))
        return UpdateAccountPayload(account=Account.of(row))

    @strawberry.mutation(
        name="updateBranding",
        description="Changes what is given of what the seller's papers look like: logo, colour, footer, "
        "terms, size, the tax's name. For invoices that are issued from now on.",
    )
    async def update_branding(self, info: Info, input: UpdateBrandingInput) -> UpdateBrandingPayload:
        row = await accounts.update_branding(info.context, sent_values(input, UpdateBrandingValues))
        return UpdateBrandingPayload(account=Account.of(row))

    @strawberry.mutation(
        name="setExchangeRates",
        description="Keeps exchange rates, by which invoices in other currencies say their VAT in the tax "
        "currency. A rate of the same day and currency takes the place of the one before.",
    )
    async def set_exchange_rates(self, info: Info, input: SetExchangeRatesInput) -> SetExchangeRatesPayload:
        rates = [DailyRate(**sent_values(rate)) for rate in input.rates]
        return SetExchangeRatesPayload(count=await accounts.set_exchange_rates(info.context, rates))


@strawberry.type
class ApiKeyMutations:
    @strawberry.mutation(
        name="createApiKey",
        description="Makes an API key, which ends with the key that made it. The token is returned now and "
        "never again. An account has 100 that work at most.",
    )
    async def create_api_key(self, info: Info, input: CreateApiKeyInput) -> CreateApiKeyPayload:
        row, token = await accounts.create_api_key(info.context, input.name, input.scopes)
        return CreateApiKeyPayload(api_key=ApiKey.of(row), token=token)

    @strawberry.mutation(
        name="revokeApiKey",
        description="Ends an API key, the keys and the sessions that it made, and theirs: at once on this "
        "server, within a second on others.",
    )
    async def revoke_api_key(self, info: Info, input: RevokeApiKeyInput) -> RevokeApiKeyPayload:
        return RevokeApiKeyPayload(api_key=ApiKey.of(await accounts.revoke_api_key(info.context, input.id)))
