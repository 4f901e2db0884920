"""A frozen invoice in, bytes out: the PDF, the store of PDFs, and the signed links to them."""
