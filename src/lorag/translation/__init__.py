"""Errors in the language of the person who reads them; where they are raised, logged or printed as JSON they stay English."""
