"""The running program that takes observations off the bus and sends commands to backends."""
