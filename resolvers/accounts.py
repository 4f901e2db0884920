"""The seller's account and its API keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from documents.logo_links import LogoKey
from invoicing.access import Scope
from invoicing.accounts import api_keys as keys
from invoicing.accounts import branding, exchange_rates
from invoicing.accounts import settings as account_settings
from invoicing.accounts.exchange_rates import DailyRate
from invoicing.accounts.logo import read_logo
from invoicing.accounts.values import UpdateAccountValues, UpdateBrandingValues
from invoicing.audit.actions import AuditAction
from invoicing.audit.subjects import AuditSubjectType, Subject
from invoicing.storage.tables import Account, ApiKey
from resolvers.context import About, Context
from resolvers.shared_threads import SharedThreads

_LOGOS = SharedThreads(1, 1, "logo")
"""Decodes one logo at a time: it takes up to half a second of a processor. Accounts take turns."""


async def account(ctx: Context) -> Account:
    ctx.principal.require(Scope.ACCOUNT_READ)
    return await ctx.read(account_settings.account, ctx.principal.account_id)


async def update_account(ctx: Context, values: UpdateAccountValues) -> Account:
    ctx.principal.require(Scope.ACCOUNT_WRITE)
    return await ctx.write(
        AuditAction.UPDATE_ACCOUNT, account_settings.update_account, ctx.principal, values, now=ctx.now()
    )


async def update_branding(ctx: Context, values: UpdateBrandingValues) -> Account:
    """Changes what is given. The logo is decoded outside of the transaction, one at a time."""
    ctx.principal.require(Scope.ACCOUNT_WRITE)
    image = None
    if (given := values.get("logo")) is not None:
        image = await _LOGOS.run(ctx.principal.account_id, partial(read_logo, given))
    return await ctx.write(
        AuditAction.UPDATE_BRANDING,
        branding.update_branding,
        ctx.principal,
        values,
        image=image,
        now=ctx.now(),
    )


def logo_url(ctx: Context, account_id: str, logo: Mapping[str, Any] | None) -> str | None:
    """A link to the logo that expires; None without one."""
    if logo is None:
        return None
    return ctx.services.links.url(str(LogoKey(account_id, logo["sha256"])), "logo")


async def set_exchange_rates(ctx: Context, rates: Sequence[DailyRate]) -> int:
    """Keeps rates of the account's tax currency; returns how many."""
    ctx.principal.require(Scope.ACCOUNT_WRITE)
    mine = Subject(AuditSubjectType.ACCOUNT, ctx.principal.account_id)
    action = About(AuditAction.SET_EXCHANGE_RATES, mine)
    return await ctx.write(action, exchange_rates.set_exchange_rates, ctx.principal, rates, now=ctx.now())


async def api_keys(ctx: Context) -> Sequence[tuple[ApiKey, datetime | None]]:
    """The account's keys, each with when it ended."""
    ctx.principal.require(Scope.ACCOUNT_READ)
    return await ctx.read_list(keys.api_keys_of, ctx.principal.account_id)


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
