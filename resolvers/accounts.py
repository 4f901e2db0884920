"""The seller's account and its API keys."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from invoicing.access import Scope
from invoicing.accounts import api_keys as keys
from invoicing.accounts import exchange_rates
from invoicing.accounts import settings as account_settings
from invoicing.accounts.exchange_rates import DailyRate
from invoicing.accounts.values import UpdateAccountValues
from invoicing.audit.actions import AuditAction
from invoicing.audit.subjects import AuditSubjectType, Subject
from invoicing.storage.tables import Account, ApiKey
from resolvers.context import About, Context


async def account(ctx: Context) -> Account:
    ctx.principal.require(Scope.ACCOUNT_READ)
    return await ctx.read(account_settings.account, ctx.principal.account_id)


async def update_account(ctx: Context, values: UpdateAccountValues) -> Account:
    ctx.principal.require(Scope.ACCOUNT_WRITE)
    return await ctx.write(
        AuditAction.UPDATE_ACCOUNT, account_settings.update_account, ctx.principal, values, now=ctx.now()
    )


async def set_exchange_rates(ctx: Context, rates: Sequence[DailyRate]) -> int:
    """Keeps rates of the account's tax currency; returns how many."""
    ctx.principal.require(Scope.ACCOUNT_WRITE)
    mine = Subject(AuditSubjectType.ACCOUNT, ctx.principal.account_id)
    action = About(AuditAction.SET_EXCHANGE_RATES, mine)
    return await ctx.write(action, exchange_rates.set_exchange_rates, ctx.principal, rates, now=ctx.now())


async def api_keys(ctx: Context) -> Sequence[tuple[ApiKey, datetime | None]]:
    """The account's keys, each with when it ended."""
    ctx.principal.require(Scope.ACCOUNT_READ)
    found = await ctx.read(keys.api_keys_of, ctx.principal.account_id)
    by_id = {key.id: key for key in found}
    return [(key, keys.end_of(key, by_id)) for key in found]


async def create_api_key(ctx: Context, name: str, scopes: Sequence[Scope]) -> tuple[ApiKey, str]:
    """The key and its token, which is not kept."""
    ctx.principal.require(Scope.ACCOUNT_WRITE)
    return await ctx.write(
        AuditAction.CREATE_API_KEY,
        keys.delegate_api_key,
        ctx.principal,
        name=name,
        scopes=scopes,
        now=ctx.now(),
    )


async def revoke_api_key(ctx: Context, key_id: str) -> ApiKey:
    ctx.principal.require(Scope.ACCOUNT_WRITE)
    revoked = await ctx.write(
        AuditAction.REVOKE_API_KEY, keys.revoke_api_key, ctx.principal, key_id, now=ctx.now()
    )
    ctx.services.forget_keys()
    return revoked
