"""One module per file format that training examples may come in; each yields rows with the line they stand on."""
