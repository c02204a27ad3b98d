"""A small Hub on loopback that speaks the real protocol, so that the real client can be tested. It fails on demand."""
