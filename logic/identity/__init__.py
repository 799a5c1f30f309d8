"""Who may act where: projects, users, roles, tokens and application credentials."""
