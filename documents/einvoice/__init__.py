"""The invoice as a machine reads it: a snapshot in, XML by EN 16931 out."""
