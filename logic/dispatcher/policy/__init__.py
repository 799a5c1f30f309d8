"""Policies of the dispatcher, each a wrapper in its own file."""
