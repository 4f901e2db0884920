"""What was ordered: intake, items, actions, shipping, splitting, cancellations and returns."""
