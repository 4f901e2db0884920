"""The audit log as the API shows it."""

from datetime import datetime

import orjson
import strawberry

from invoicing.storage import tables
from schema.types.enums import AuditAction, AuditActorType, AuditSubjectType


@strawberry.type(description="Who did it. There are only ids here; names are found by them.")
class AuditActor:
    type: AuditActorType = strawberry.field(description="What kind of actor it is.")
    id: strawberry.ID = strawberry.field(description="The id of the API key or of the customer's session.")
    customer_id: strawberry.ID | None = strawberry.field(
        description="The customer whose session it was; null for everybody else."
    )


@strawberry.type(description="What something was done to.")
class AuditSubject:
    type: AuditSubjectType = strawberry.field(description="What kind of thing it is.")
    id: strawberry.ID = strawberry.field(description="Its id, even if it is gone by now.")


@strawberry.type(
    description="Something that was done. It was written in the same transaction, and is never changed."
)
class AuditEntry:
    id: strawberry.ID = strawberry.field(description="A UUID.")
    created_at: datetime = strawberry.field(description="When it was done.")
    action: AuditAction = strawberry.field(description="What was done: CREATE_ORDER is createOrder.")
    actor: AuditActor = strawberry.field(description="Who did it.")
    subjects: list[AuditSubject] = strawberry.field(description="What it was done to, and what it made.")
    request_id: str | None = strawberry.field(
        description="The X-Request-ID of the call, as in the server's log; null for commands and workers. "
        "The caller may have chosen it, so it finds what belongs together and proves nothing."
    )
    hash: str = strawberry.field(
        description="SHA-256 over the entry and the hash of the one before it in its chain. Whoever keeps "
        "it elsewhere can tell later whether what led to it is still the same."
    )

    @classmethod
    def of(cls, row: tables.AuditEntry) -> "AuditEntry":
        customer = row.customer_id
        return cls(
            id=strawberry.ID(row.id),
            created_at=row.created_at,
            action=AuditAction(row.action),
            actor=AuditActor(
                type=AuditActorType(row.actor_type),
                id=strawberry.ID(row.actor_id),
                customer_id=None if customer is None else strawberry.ID(customer),
            ),
            subjects=[
                AuditSubject(type=AuditSubjectType(type), id=strawberry.ID(id))
                for type, id in orjson.loads(row.subjects)
            ],
            request_id=row.request_id,
            hash=row.hash,
        )
