"""Endpoints, the events that they are told, and their deliveries."""
