"""The command line: arguments in, calls of the library, text and exit codes out. No logic lives here."""
