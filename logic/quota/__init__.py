"""Quotas: limits a project, and the sum of what it uses."""
