"""A folder on disk becomes text, and text becomes chunks that know where they stand."""
