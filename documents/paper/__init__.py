"""The paper: a frozen invoice becomes words, words become pieces, pieces fill pages, pages become a PDF."""
