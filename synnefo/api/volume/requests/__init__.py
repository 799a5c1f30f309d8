"""What bodies and lists ask for, in Cinder's words."""
