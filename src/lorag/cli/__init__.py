"""The command line: arguments are declared here, work is done in the command modules."""
