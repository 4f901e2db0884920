"""GraphQL over HTTP, as server-sent events and over WebSocket; and the explorer."""
