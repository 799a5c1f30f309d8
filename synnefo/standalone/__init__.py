"""The embedded cloud: API, dispatcher, reconciler, event daemon and the Ganeti simulator in one process (``make run``)."""
