"""Payment providers behind one small protocol, independent of the database and of the web framework."""
