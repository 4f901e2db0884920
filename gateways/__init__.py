"""Payment providers behind one small protocol. Knows no database of ours and no framework."""
