"""What nobody foresaw: the log has all of it, the caller only the id under which it is there."""

from __future__ import annotations

import structlog

from resolvers.context import Context

log = structlog.get_logger(__name__)


def log_failure(failure: BaseException, ctx: Context, path: list[str | int] | None) -> str:
    """Logs it. Returns the sentence for the caller."""
    log.error("resolver failed", request_id=ctx.request_id, path=path, exc_info=failure)
    return f"Internal error; the log has it under the request id {ctx.request_id}."
