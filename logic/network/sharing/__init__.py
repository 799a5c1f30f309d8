"""Networks that are shared with one project, or with all: Neutron's ``rbac-policies``."""
