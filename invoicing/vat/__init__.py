"""VAT: its categories and rules, its arithmetic, its breakdown."""
