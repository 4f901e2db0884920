"""GraphQL over HTTP, over WebSocket and as server-sent events; the explorer."""
