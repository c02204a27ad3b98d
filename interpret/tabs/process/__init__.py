"""The app as a process: what it needs before it starts, how it is doing, and how it ends."""
