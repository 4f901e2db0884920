"""The printed invoice: snapshot values become text, text becomes pieces, pieces fill a PDF's pages."""
