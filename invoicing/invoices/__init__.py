"""From a draft to an issued invoice, its PDF, and what takes it back."""
