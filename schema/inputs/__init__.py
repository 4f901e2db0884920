"""What the API takes, and how it becomes what commands take."""
