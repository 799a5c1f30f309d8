"""The running program that asks backends what is, and puts the answers on the same road as events."""
