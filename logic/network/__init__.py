"""Networks, subnets and ports."""
