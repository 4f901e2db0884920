"""Connections of callers: how many there may be, how much they may send before they are read, how slowly."""
