"""The ledger: the only writer of a state. Commands, inbox, journal, parked and quarantined messages."""
