"""What happens to files in a store, of either kind, without our doing."""

from __future__ import annotations

from documents.s3_place import S3Place
from documents.store import FileStore, Store


def delete(store: Store, key: str) -> None:
    if isinstance(store, FileStore):
        store.path(key).unlink()
        return
    import obstore

    from documents.s3_store import S3Store, client_of

    assert isinstance(store, S3Store)
    obstore.delete(client_of(store.place), key)


def environment_of(place: S3Place) -> dict[str, str]:
    """The variables that say where it is."""
    return {
        "INVOICING_STORE": str(place),
        "INVOICING_STORE_ENDPOINT": place.endpoint,
        "INVOICING_STORE_TIMEOUT": str(place.timeout),
    }
