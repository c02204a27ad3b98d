"""Requests that no client of ours would make, by the thousand, and what the app must make of them.

`python -m tests.hostile` starts the app and sends them; `--help` tells how many, and from which seed.
"""
