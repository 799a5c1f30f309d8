"""What Cinder's answers say."""
