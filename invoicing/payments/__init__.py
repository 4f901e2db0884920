"""How money moves: recorded by hand, charged and refunded; payment methods."""
