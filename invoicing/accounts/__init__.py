"""The seller: settings and API keys."""
