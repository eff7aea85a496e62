"""One module per file format; each loads its library when it is called for."""
