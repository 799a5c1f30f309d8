"""Networks that tenants and operators make: what may be asked of them, what each has that no other may have."""
