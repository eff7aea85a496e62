"""One module per command; the only place that reads settings and builds concrete objects."""
